// What if: the numbers that were given are changed, and all that follows is computed anew.

import {abs, max, min, noNumber, short, show, showValue, signed, typed} from "./numbers.mjs";
import {predicted} from "./graph.mjs";
import {$, changed, D, first, graph, N, paint, ROOT, S, setLeaf, when} from "./state.mjs";
import {add} from "./panel.mjs";
import {make} from "./picture.mjs";

const POINTS = 33, LARGE = 4000;
const isLeaf = () => !D.op[S.chosen];
const unit = () => abs(first[S.chosen]) || 1;

export function change(i, x) {
  S.chosen = i;
  trouble("");
  setLeaf(i, x);
  paint();
}
const trouble = text => {
  $("trouble").textContent = text;
  $("value").setAttribute("aria-invalid", Boolean(text));
};

export function paintWhatIf() {
  const i = S.chosen, moved = changed();
  $("whatif").hidden = S.quiz || Boolean(D.fixed) || !isLeaf() && !moved.length;
  $("try").hidden = !isLeaf();
  if ($("whatif").hidden) return;
  const focused = $("chips").contains(document.activeElement);
  $("chips").replaceChildren();
  for (const k of moved) {
    const chip = add($("chips"), "button", `${short(D.name[k])} ${showValue(first[k])} → ${showValue(S.leaves[k])} ✕`);
    chip.setAttribute("aria-label", `put ${D.name[k]} back from ${showValue(S.leaves[k])} to ${showValue(first[k])}`);
    chip.onclick = () => change(k, first[k]);
  }
  if (moved.length > 1) add($("chips"), "button", "put all back").onclick = () => { for (const k of moved) setLeaf(k, first[k]); paint(); };
  if (focused) ($("chips").firstChild || $("value")).focus();
  const was = S.original.data[ROOT], is = S.R.data[ROOT], said = predicted(S.original, first, S.leaves, moved);
  const root = short(D.name[ROOT]);
  if (moved.length) {
    const terms = moved.slice(0, 4).map(k => `${show(S.original.grad[k])} × ${signed(S.leaves[k] - first[k])}`).join(" + ") + (moved.length > 4 ? " + …" : "");
    $("tangent").textContent = `${root} = ${showValue(is)} instead of ${showValue(was)}: it changes by ${show(is - was)}.` + (D.forward ? "" : ` The gradients say ${terms} = ${show(said)}.`);
  } else $("tangent").textContent = `Type another number, or a change such as +0.1, or drag it: what becomes of ${root}?`;
  if (!isLeaf()) return;
  $("whatname").textContent = `${short(D.name[i])} =`;
  if (document.activeElement !== $("value")) { $("value").value = showValue(S.leaves[i]); trouble(""); }
  $("less").disabled = $("greater").disabled = !isFinite(first[i]);
  drawCurve(i);
}

// The root over this leaf, the other leaves as they are now, with the tangent at the number of now.
function drawCurve(i) {
  const svg = $("curve"), middle = S.leaves[i];
  svg.replaceChildren();
  $("curvebox").hidden = N > LARGE || !isFinite(middle) || !isFinite(S.R.data[ROOT]) || i === ROOT;
  if ($("curvebox").hidden) return;
  const reach = max(unit(), 1.25 * abs(middle - first[i]) || 0), wide = 300, high = 120, from = first[i] - reach, to = first[i] + reach;
  const xs = Array.from({length: POINTS}, (_, p) => from + (to - from) * p / (POINTS - 1));
  const ys = graph.curve(S.leaves, i, xs), finite = ys.filter(isFinite);
  if (finite.length < 2) { $("curvebox").hidden = true; return; }
  let low = min(...finite), top = max(...finite);
  if (top - low < 1e-12 * max(1, abs(top))) { low -= 1; top += 1; }
  const px = x => 8 + (wide - 16) * (x - from) / (to - from), py = y => high - 10 - (high - 20) * (y - low) / (top - low);
  const line = (kind, points) => make("path", svg, {class: kind, d: points});
  let path = "", on = false;
  xs.forEach((x, p) => { on = isFinite(ys[p]) ? (path += `${on ? "L" : "M"}${px(x).toFixed(1)} ${py(ys[p]).toFixed(1)}`, true) : false; });
  const slope = S.R.grad[i], y = S.R.data[ROOT];
  line("axis", `M8 ${high - 2}H${wide - 8}`);
  if (isFinite(slope) && !D.forward) line("tan", `M${px(from)} ${py(y + slope * (from - middle))}L${px(to)} ${py(y + slope * (to - middle))}`);
  line("fun", path);
  const dot = (kind, x, y_) => make("circle", svg, {class: kind, cx: px(x), cy: py(y_), r: 4});
  if (middle !== first[i] && changed().length === 1 && isFinite(S.original.data[ROOT])) dot("ghost", first[i], S.original.data[ROOT]);
  dot("dot", middle, y);
  const root = short(D.name[ROOT]), name = short(D.name[i]);
  $("curvesays").textContent = `${root} over ${name}, from ${show(from)} to ${show(to)}` + (D.forward ? "" : `; dashed: its tangent here, slope ${show(slope)}`);
  svg.setAttribute("aria-label", $("curvesays").textContent);
}

export function startWhatIf() {
  when("value", "input", () => {
    const text = $("value").value, x = typed(text);
    if (x === undefined) trouble(noNumber(text));
    else change(S.chosen, /^ *\+/.test(text) ? first[S.chosen] + x : x);
  });
  when("value", "blur", () => { $("value").value = showValue(S.leaves[S.chosen]); trouble(""); });
  const by = share => () => change(S.chosen, Number((S.leaves[S.chosen] + share * unit()).toPrecision(12)));
  when("less", "click", by(-0.1));
  when("greater", "click", by(0.1));
}
