// Beside the picture: what this step does, and all that is to be said of the chosen number.

import {ROW, abs, grouped, max, min, short, show, signed} from "./numbers.mjs";
import {$, born, D, dataText, G, gotten, gradText, groupsOf, known, labelOf, received, ROOT, S, SEED, sizes, stepNode, stepped, STEPS, uses, whole, words} from "./state.mjs";

const TERMS = 8;
export const add = (parent, tag, text, kind) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  parent.append(element);
  return element;
};
// A text that stays as it was is not laid out again.
const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };
// A formula: MathML for the eyes, words for a screen reader and for copying.
export function equation(parent, [text, math], kind = "") {
  const isLong = text.split(" = ").some(side => side.length > 36);
  const p = add(parent, "p", undefined, `eq ${isLong ? "long" : kind}`);
  add(p, "span", text, "said");
  const shown = add(p, "span");
  shown.setAttribute("aria-hidden", "true");
  shown.innerHTML = sidesOf(math);
  return p;
}
// The sides of an equation, one behind the other: where there is no room they break before a sign.
// Those without fractions, powers, indices and roots look the same as plain text, which is laid out sooner.
const TALL = /<m(frac|su|sqrt|over)/, FENCE = /<mo>([(),|])<\/mo>/g;
export const sidesOf = math => math.split("\n").map((side, p) => {
  const whole = (p ? '<mo lspace="0" rspace=".3em">=</mo>' : "") + side;
  return TALL.test(side) ? `<math>${whole}</math>` : `<span class="flat">${whole.replace(FENCE, "$1")}</span>`;
}).join(" ");
const rowOf = i => ROW.test(D.name[i]) ? `, row ${ROW.exec(D.name[i])[1]}` : "";
// Of a number without a name what the program calls that which it belongs to, as `scores`.
const partOf = i => D.named[i] ? "" : G[groupsOf(i).findLast(k => k && G[k].label && !/^[Σ∏] of/.test(G[k].label))]?.label ?? "";
const inPart = i => partOf(i) ? ` in ${short(partOf(i))}` : "";
const plural = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

export function paintStep() {
  const box = $("line"), {s, kind, node, target} = stepped();
  box.replaceChildren();
  if (!kind) {
    add(box, "h2", "This page");
    add(box, "p", `Forward, ${plural(SEED, "step")}: every value from the inputs to ${D.name[ROOT]}.` + (D.forward ? "" : ` Backward, ${plural(STEPS - SEED, "step")}: every gradient from it to the inputs.`));
    if (D.advice) add(box, "p", D.advice, "f");
    for (const i of D.origins.slice(0, 3)) add(box, "p", D.origin[i][1] + ".", "g");
    add(box, "p", S.quiz ? "Type each number before it is shown; the answer makes the next step." : S.now ? "“play” shows it from the beginning. Press a box to look at it; drag the number of a blue one." : "The right arrow key makes the next step.", "f hint");
    return;
  }
  if (kind === "forward") {
    add(box, "h2", `Forward, step ${grouped(s + 1)} of ${grouped(SEED)}${rowOf(node)}`);
    equation(box, words.valueLine(node, S.R.data), "big");
    return;
  }
  add(box, "h2", `Backward, step ${grouped(s - SEED + 1)} of ${grouped(STEPS - SEED)}${rowOf(node)}`);
  if (kind === "seed") {
    equation(box, [`${words.d(ROOT)} = 1`, words.dMath(ROOT) + "\n<mn>1</mn>"], "big");
    add(box, "p", "Every gradient starts here: so much the last number changes with itself.");
    return;
  }
  const first = received(target)[0] === s, done = whole(target), left = uses[target] - gotten(target);
  add(box, "p", `${short(D.name[node])} hands to ${short(D.name[target])} its gradient times the local slope:`);
  const [text, math] = words.chainLine(s, node, target, S.R);
  if (uses[target] === 1) {  // it is the gradient
    equation(box, [`${words.d(target)} = ${text}`, `${words.dMath(target)}\n${math}`], "big");
    return;
  }
  equation(box, [text, math], "big");
  equation(box, words.sumLine(s, target, S.R, first, done));
  add(box, "p", done ? "That was the last part of the sum." : `${left} more to come.`, "f");
}

function newContribution(list) {
  const row = add(list, "button");
  row.title = "go to this step";
  add(row, "span"); add(row, "b", "", "g"); add(add(row, "i"), "i"); add(row, "small");
}
let jump = () => {};
export const onJump = act => { jump = act; };
export function paintChosen() {
  const i = S.chosen, title = $("chosenname"), lines = $("chosenlines"), list = $("contributions");
  title.textContent = D.name[i] + inPart(i);
  lines.replaceChildren();
  const {kind, target} = stepped();
  if (D.op[i] && !(kind === "forward" && target === i)) equation(lines, words.valueLine(i, S.R.data, !known(i)));
  const numbers = add(lines, "p");
  if (D.origin[i] && S.R === S.original) add(lines, "p", D.origin[i][1] + ".", "g");
  numbers.append("value "); add(numbers, "b", dataText(i), "d");
  if (!D.forward) { numbers.append(", gradient "); add(numbers, "b", gradText(i), "g"); }
  if (D.remarks[i]) add(lines, "p", D.remarks[i].join(" "), "remark");
  const all_ = received(i), steps = all_.filter(s => s < S.now).sort((a, b) => abs(S.R.amount[b]) - abs(S.R.amount[a]));
  const all = steps.reduce((sum, s) => sum + abs(S.R.amount[s]), 0), most = steps.length ? abs(S.R.amount[steps[0]]) : 0;
  if (steps.length > 1) numbers.append(", the sum of");
  const many = steps.length > 1 || all_.length > 1 ? min(TERMS, steps.length) : 0, focused = list.contains(document.activeElement);
  while (list.children.length > many) list.lastChild.remove();
  while (list.children.length < many) newContribution(list);
  steps.slice(0, many).forEach((s, t) => {
    const from = stepNode[s], x = S.R.amount[s], row = list.children[t], [label, number, track, share] = row.children, bar = track.firstChild;
    row.setAttribute("aria-label", `${words.d(from)} × ${words.partial(from, i)} = ${show(S.R.grad[from])} × ${signed(S.R.local[s])} = ${show(x)}`);
    say(label, rowOf(from) ? `row ${ROW.exec(D.name[from])[1]}: ${short(D.name[from])}` : partOf(from) && partOf(from) !== partOf(i) ? `${short(partOf(from))}: ${D.name[from]}` : `through ${short(D.name[from])}`);
    say(number, show(x));
    bar.className = x < 0 ? "minus" : "";
    bar.style.width = `${most && isFinite(most) ? 100 * abs(x) / most : 0}%`;
    say(share, all && isFinite(all) ? `${Math.round(100 * abs(x) / all)} %` : "");
    row.onclick = () => jump(s + 1);
  });
  if (focused && !list.contains(document.activeElement)) (list.lastChild || title).focus();
  $("more").textContent = steps.length > TERMS ? `and ${grouped(steps.length - TERMS)} more` : "";
  $("made").textContent = D.line[i] || "";
  $("tovalue").hidden = !D.op[i];
  const k = groupsOf(i).filter(k => k > 0 && S.open[k] && sizes[k] > 1).pop();
  $("unfold").hidden = !k;
  if (k) { $("unfold").textContent = `fold ${short(labelOf(G[k]))}`; $("unfold").dataset.group = k; }
}
// The steps that compute its value, and that complete its gradient.
export const valueStep = i => born[i] + 1;
export const gradientStep = i => max((received(i).pop() ?? -1) + 1, SEED + 1);
