// The museum of mistakes: what goes wrong beside what goes right, run where it is looked at.

import {paintCurves} from "./curves.mjs";
import {RUNS} from "./mistakes.mjs";

const made = (parent, tag, text = "", name = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  parent.append(element);
  return element;
};
// Code in which the lines that the other version lacks are marked.
function shownCode(parent, code, other, head) {
  const pre = made(made(parent, "div", "", head), "pre"), there = new Set(other.split("\n"));
  pre.tabIndex = 0;
  pre.setAttribute("aria-label", `${head} code`);
  const box = pre.parentElement;
  box.prepend(Object.assign(document.createElement("b"), {textContent: head === "wrong" ? "✗ wrong" : "✓ right"}));
  for (const line of code.trimEnd().split("\n")) made(pre, there.has(line) ? "span" : "mark", `${line}\n`);
}

export function openMuseum(root, exhibits, palette) {
  if (root.childElementCount) return;
  made(root, "h2", "Museum of mistakes");
  made(root, "p", "Each of them is run here beside the right way, from the same start. The code is Python, and comes to the same curves.");
  const watch = new IntersectionObserver(seen => {
    for (const {isIntersecting, target} of seen) if (isIntersecting) { watch.unobserve(target); target.run(); }
  });
  for (const {key, title, story, wrong, right, sign, measured} of exhibits) {
    const article = made(root, "article"), {steps, begin} = RUNS[key];
    article.dataset.key = key;
    made(article, "h3", title);
    made(article, "p", story);
    const pair = made(article, "div", "", "pair");
    shownCode(pair, wrong, right, "wrong");
    shownCode(pair, right, wrong, "right");
    const canvas = made(article, "canvas"), legend = made(article, "p", "", "legend");
    canvas.setAttribute("role", "img");
    for (const [name, colour, dash] of [["wrong", palette.minus, "7 4"], ["right", palette.plus, ""]]) {
      made(legend, "span").innerHTML = `<svg viewBox="0 0 26 8" aria-hidden="true"><path d="M0 4h26" stroke="${colour}" stroke-width="2.4" stroke-dasharray="${dash}"/></svg>${name}`;
    }
    made(legend, "span", measured);
    const again = made(legend, "button", "run again");
    made(article, "p", `Sign: ${sign}`, "sign");
    article.run = () => {
      const runs = [false, true].map(begin), values = [[], []], every = [];
      article.values = values;
      canvas.width = canvas.clientWidth * (window.devicePixelRatio || 1);
      canvas.height = canvas.clientHeight * (window.devicePixelRatio || 1);
      const onwards = () => {
        for (let n = 0; n < 2 && every.length < steps; n++) {
          every.push(every.length);
          runs.forEach((run, k) => values[k].push(run()));
        }
        paintCurves(canvas, [{steps: every, values: values[1], colour: palette.plus}, {steps: every, values: values[0], colour: palette.minus, dash: 1}], palette, {least: 1e-3});
        canvas.setAttribute("aria-label", `${measured}: wrong ${values[0].at(-1)}, right ${values[1].at(-1)}, after ${every.length} steps`);
        if (every.length < steps) requestAnimationFrame(onwards);
      };
      onwards();
    };
    again.onclick = article.run;
    watch.observe(article);
  }
}
