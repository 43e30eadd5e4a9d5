// Predict, then see: each number is asked for before it is shown.

import {abs, min, noNumber, short, show, showValue, signed, typed} from "./numbers.mjs";
import {asFactor} from "./rules.mjs";
import {$, D, ROOT, S, stepInput, stepNode, STEPS, when, words} from "./state.mjs";
import {add, sidesOf} from "./panel.mjs";

let misses = 0, asked = -1, firstTry = 0, answered = 0, goTo = () => {};

// The question as text and MathML, the answer, and what helps after one miss and after two.
function wanted() {
  const s = S.now, i = stepNode[s], k = stepInput[s], R = S.R;
  if (k === -1) {
    const line = words.valueLine(i, R.data, true);
    return {say: `What is ${short(D.name[i])}?`, line, right: R.data[i], hints: ["Put the numbers of its inputs in.", `${line[0].split(" = ").slice(-2)[0]} is it.`]};
  }
  if (k === -2) return {say: `What is ${words.d(ROOT)}?`, line: [`${words.d(ROOT)} = ?`, words.dMath(ROOT) + "\n<mo>?</mo>"], right: 1, hints: ["How much does a number change when it changes itself?", "Just as much: 1."]};
  const rule = words.slope(i, k, R.data);
  return {
    say: `What does ${short(D.name[i])} = ${words.formula(i)} hand to ${short(D.name[k])}?`, line: words.chainLine(s, i, k, R, true), right: R.amount[s],
    hints: [rule ? `The local slope is ${words.partial(i, k)} = ${asFactor(rule)}.` : `The local slope ${words.partial(i, k)} is a constant.`, `${show(R.grad[i])} × ${signed(R.local[s])} is it.`],
  };
}

export function paintQuiz() {
  $("ask").hidden = !S.quiz;
  if (!S.quiz) return;
  const over = S.now >= STEPS;
  $("answer").hidden = over;
  $("again").hidden = !over;
  if (over) {
    $("verdict").textContent = `${$("verdict").dataset.last || ""} Done: ${firstTry} of ${answered} at the first try.`.trim();
    return;
  }
  if (asked !== S.now) { asked = S.now; misses = 0; }
  const {say, line} = wanted();
  $("question").replaceChildren();
  add($("question"), "span", say + " ");
  add($("question"), "span", line[0], "said");
  $("asked").innerHTML = sidesOf(line[1]);
}
const verdict = text => { $("verdict").textContent = $("verdict").dataset.last = text; };
export const forget = () => { verdict(""); $("guess").removeAttribute("aria-invalid"); };

export function startQuiz(step) {
  goTo = step;
  when("answer", "submit", event => {
    event.preventDefault();
    const {right, hints} = wanted(), text = $("guess").value, guess = typed(text);
    $("guess").setAttribute("aria-invalid", guess === undefined);
    if (guess === undefined) {
      verdict(text.trim() ? noNumber(text) : "Type a number.");
      return;
    }
    const good = guess === right || isNaN(guess) && isNaN(right) || abs(guess - right) <= 0.005 * abs(right) + 1e-9;
    if (!good) { verdict(`Not ${show(guess)}. ${hints[min(misses++, 1)]}`); return; }
    answered++;
    if (!misses) firstTry++;
    go_on(`Right: ${showValue(right)}.`);
  });
  when("reveal", "click", () => { answered++; go_on(`It was ${showValue(wanted().right)}.`); });
  when("again", "click", () => { firstTry = answered = 0; forget(); goTo(0); $("guess").focus(); });
}
function go_on(text) {
  verdict(text);
  $("guess").value = "";
  goTo(S.now + 1);
  (S.now >= STEPS ? $("again") : $("guess")).focus();
}
export const restart = () => { firstTry = answered = 0; misses = 0; asked = -1; forget(); };
