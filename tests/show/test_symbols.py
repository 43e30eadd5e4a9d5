"""Greek names and labels in LaTeX: as letters in trees and pictures, as symbols in LaTeX."""

import pytest

from jangrad import Value
from jangrad.show import latex
from jangrad.show.symbols import from_latex, to_latex

NAMES = {
    "a": "a",
    "alpha": r"\alpha",
    "α": r"\alpha",
    "sigma_1": r"\sigma_{1}",
    "σ₁": r"\sigma_{1}",
    "theta_hat": r"\hat{\theta}",
    "θ̂": r"\hat{\theta}",
    "ŷ": r"\hat{y}",
    "y_bar_2": r"\bar{y}_{2}",
    "lambda_": r"\lambda",
    "Δt": r"\Delta t",
    "Omega": r"\Omega",
    "w1": "w_{1}",
    "w_ij": "w_{ij}",
    "w[0][1]": "w_{0,1}",
    "xs[3]": r"\mathrm{xs}_{3}",
    "h1_2": "h_{1,2}",
    "x_max": r"x_{\mathrm{max}}",
    "x_alpha": r"x_{\alpha}",
    "σ²": r"\sigma^{2}",
    "loss": r"\mathrm{loss}",
    "learning_rate": r"\mathrm{learning\_rate}",
    "net.layers[0].bias": r"\text{net.layers[0].bias}",
    "_x": r"\mathrm{\_x}",
    "x__y": r"\mathrm{x\_\_y}",
    "é": r"\text{é}",
    "50% & up": r"\text{50\% \& up}",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_what_one_would_write(name):
    """Letters and Greek in italics, indices below, words upright; the rest as text, escaped."""
    assert to_latex(name) == NAMES[name]


@pytest.mark.parametrize("name", [n for n in NAMES if r"\text" not in NAMES[n]])
def test_names_are_mathematics(name):
    """matplotlib's reader of LaTeX takes them."""
    from matplotlib.mathtext import MathTextParser

    MathTextParser("path").parse(f"${to_latex(name)}$".replace(r"\_", "-"))


@pytest.mark.parametrize(
    ("label", "shown", "made"),
    [
        (r"\alpha", "α", r"\alpha"),
        (r"$\theta_{12}$", "θ₁₂", r"\theta_{12}"),
        (r"\hat{y}", "ŷ", r"\hat{y}"),
        (r"$\hat\theta_1$", "θ̂₁", r"\hat{\theta}_{1}"),
        (r"$w_{ij}$", "wᵢⱼ", "w_{ij}"),
        (r"$x_{max}$", "x_max", r"x_{\mathrm{max}}"),
        (r"$x_{\text{max}}$", "x_max", r"x_{\mathrm{max}}"),
        (r"\sigma^2", "σ²", r"\sigma^{2}"),
        (r"$\mathcal{L}$", "ℒ", r"\mathcal{L}"),
        (r"$\lambda$", "λ", r"\lambda"),
        (r"$\mathrm{loss}$", "loss", r"\mathrm{loss}"),
    ],
)
def test_labels_in_latex_are_letters(label, shown, made):
    """There, and back again."""
    assert from_latex(label) == shown
    assert to_latex(shown) == made


@pytest.mark.parametrize("label", ["x_1", "$5", r"C:\path", r"\input{x}", r"$\frac{a}{b}$"])
def test_other_labels_stay_what_they_are(label):
    """And none of them gets into LaTeX as it is."""
    assert from_latex(label) == label
    assert "\\input{" not in to_latex(label).replace(r"\textbackslash{}input\{", "")
    assert "$" not in to_latex(label).replace(r"\$", "")


def test_a_label_in_latex_is_shown_in_letters_everywhere():
    """In text, picture and page; it is found by either of its names."""
    theta, x = Value(2.0, r"$\theta_1$"), Value(3.0, r"\hat{x}")
    loss = theta * x
    loss.label = r"$\mathcal{L}$"
    tree = loss.backtrack()
    assert "ℒ = θ₁ * x̂" in tree.text()
    assert ">θ₁</tspan>" in tree.svg()
    assert r'"\u03b8\u2081"' in tree.page()
    assert tree[r"$\theta_1$"] is tree["θ₁"]
    assert r"\hat{x}" in tree
    assert r"\frac{\mathrm{d} \mathcal{L}}{\mathrm{d} \theta_{1}} = " in tree.explain("θ₁").latex


def test_documents_say_what_reads_them():
    """Where letters are left that only newer programs have."""
    assert not latex.document("x").startswith("%")
    assert latex.document(r"\text{重み}").startswith("% !TeX program = lualatex\n")
