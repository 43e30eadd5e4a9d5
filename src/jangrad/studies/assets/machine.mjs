// The time machine: a recorded training, changed at one of its steps, and what follows beside it.

import {numeral, plural} from "./words.mjs";
import {$, addLane, D, goTo, isDrawn, netOf, onShow, S, show, start} from "./replay.mjs";
import {branch, dataOf, gradientsByLayer, graphPage, madeAgain, movedBy} from "./branch.mjs";

const BRANCHES = 2, TOLD = 5;
const can = Boolean(D.training), data = can ? dataOf(D) : null;
const changes = {rate: undefined, weights: new Map(), rows: new Map()};
const taken = new Set();
let before = 0;
S.row = 0;

const lane = () => S.lanes[0].lane;
const weights = () => lane().weightsNear(S.step);
const cell = (kind, text) => { const element = document.createElement(kind); if (text !== undefined) element.textContent = text; return element; };
const typed = text => text.trim() === "" ? NaN : Number(text.replace(",", ".").replace("−", "-"));
const rowOf = r => { const own = changes.rows.get(r); return {x: own?.x ?? D.X[r], t: own?.t ?? D.y[r]}; };
const cellNames = () => [...D.names, ...D.y[0].map((_, k) => D.y[0].length > 1 ? `target ${k + 1}` : "target")];

function trouble(text) { $("trouble").textContent = text; }
function take(input, act) {
  input.addEventListener("change", () => {
    const x = typed(input.value);
    if (!Number.isFinite(x)) { trouble(`“${input.value}” is not a number: 0.1 or -2e-3 are.`); return; }
    trouble("");
    act(x);
    tell();
    show();
  });
}
// What is to be changed, in words.
function said() {
  const parts = changes.rate === undefined ? [] : [`rate ${numeral(changes.rate)}`];
  for (const [i, w] of changes.weights) parts.push(`${D.weightnames[i]} ${numeral(weights()[i])} → ${numeral(w)}`);
  for (const [r, {x, t}] of changes.rows) {
    const own = [...D.X[r], ...D.y[r]];
    [...x, ...t].forEach((is, k) => { if (is !== own[k]) parts.push(`${cellNames()[k]} of row ${r} ${numeral(own[k])} → ${numeral(is)}`); });
  }
  return parts.length > 3 ? `${parts.slice(0, 3).join(", ")} and ${parts.length - 3} more` : parts.join(", ");
}
const isChanged = () => changes.rate !== undefined || changes.weights.size + changes.rows.size > 0;
function tell() {
  const last = S.step >= lane().last, full = taken.size >= BRANCHES;
  $("pending").textContent = isChanged() ? `changed: ${said()}` : "Nothing is changed yet.";
  $("go").textContent = last ? "go back to an earlier step first" : full ? "take a branch away first" : `branch from step ${S.step}`;
  $("go").disabled = last || full || !isChanged();
  $("back").hidden = !isChanged();
  const rate = changes.rate ?? D.training?.rates[Math.min(S.step, D.training.rates.length - 1)];
  if (document.activeElement !== $("rate")) $("rate").value = rate === undefined ? "" : String(rate);
  const i = +$("which").value, w = changes.weights.get(i) ?? weights()[i];
  if (document.activeElement !== $("weight")) $("weight").value = String(w);
}
function tellRow() {
  const {x, t} = rowOf(S.row);
  [...$("cells").querySelectorAll("input")].forEach((input, k) => { if (document.activeElement !== input) input.value = [...x, ...t][k]; });
  const net = netOf();
  net.p.set(S.lanes[0].net.p);
  const out = [...net.forward(1, Float64Array.from(x))].map(y => numeral(y)).join(", ");
  $("rowsays").textContent = `After ${plural(S.step, "step")} the network answers ${out}; the target is ${t.map(y => numeral(y)).join(", ")}.`;
  const graph = D.scalars[D.classes ? t[0] : 0];
  $("scalars").hidden = !graph;
}
function tellMovers() {
  const first = +$("from").value, last = S.step, box = $("movers");
  $("to").textContent = `to step ${last}, where the slider is`;
  box.replaceChildren();
  if (first >= last) { $("moverssay").textContent = "Move the slider to a later step."; return; }
  const index = +$("moving").value, moved = movedBy(D, lane(), index, first, last), rows = D.X.length;
  const order = Array.from({length: rows}, (_, r) => r).sort((a, b) => Math.abs(moved[b]) - Math.abs(moved[a])).slice(0, TOLD);
  const most = Math.abs(moved[order[0]]) || 1, all = moved.reduce((a, b) => a + b, 0);
  for (const r of order) {
    const bar = cell("i");
    bar.style.width = `${100 * Math.abs(moved[r]) / most}%`;
    bar.classList.toggle("down", moved[r] < 0);
    box.append(cell("span", `row ${r}, target ${D.y[r].map(t => numeral(t)).join(", ")}`), bar, cell("span", numeral(moved[r])));
  }
  const rest = moved[rows] ? `, ${numeral(moved[rows])} of it by a penalty` : "";
  $("moverssay").textContent = `${D.weightnames[index]} moved by ${numeral(all)} in ${plural(last - first, "step")}${rest}. Orange bars lowered it.`;
}

// Gradients by layer, on every card; and on the first one the weights that are to be changed.
onShow(part => {
  if (part === S.lanes[0] && changes.weights.size) {
    if (before !== S.step) changes.weights.clear();
    changes.weights.forEach((w, i) => { part.net.p[i] = w; });
  }
  if (part === S.lanes[0]) { before = S.step; tell(); tellRow(); clearTimeout(tellMovers.due); if (can) tellMovers.due = setTimeout(tellMovers, 120); }
  if (!can) return;
  const sizes = gradientsByLayer(D, part.net, data), most = Math.max(...sizes.filter(Number.isFinite), 1e-300);
  part.bars.hidden = false;
  part.bars.replaceChildren(...sizes.flatMap((size, l) => {
    const bar = cell("i");
    bar.style.width = `${100 * Math.min(1, size / most) || 0}%`;
    return [cell("span", `gradient, layer ${l + 1}`), bar, cell("span", numeral(size))];
  }));
});

S.weigh = (part, i, w) => {
  if (!can || part !== S.lanes[0]) return;
  changes.weights.set(i, w);
  $("which").value = i;
  tell();
  show();
};
function go() {
  const step = S.step, words = said(), found = branch(D, lane(), step, changes);
  const colour = [1, 2].find(k => !taken.has(k));
  taken.add(colour);
  addLane({name: `branch ${colour}`, said: `From step ${step}: ${words}. Up to there this page comes within ${numeral(found.apart)} of what was recorded.`, ...found}, colour, () => { taken.delete(colour); tell(); });
  putBack();
  goTo(lane().last);
}
function putBack() {
  changes.rate = undefined;
  changes.weights.clear();
  changes.rows.clear();
  trouble("");
  tell();
  show();
}

D.weightnames.forEach((name, i) => { for (const id of ["which", "moving"]) { const option = cell("option", name); option.value = i; $(id).append(option); } });
D.lanes[0].steps.forEach(step => { const option = cell("option", String(step)); option.value = step; $("from").append(option); });
cellNames().forEach((name, k) => {
  const label = cell("label", `${name} `), input = cell("input");
  input.inputMode = "decimal";
  input.autocomplete = "off";
  input.disabled = !can || D.classes && k >= D.names.length;
  label.append(input);
  $("cells").append(label);
  take(input, value => {
    const {x, t} = rowOf(S.row), own = {x: x.slice(), t: t.slice()};
    if (k < x.length) own.x[k] = value; else own.t[k - x.length] = value;
    changes.rows.set(S.row, own);
  });
});
take($("rate"), x => { if (x > 0) changes.rate = x; else trouble("A rate is above 0."); });
take($("weight"), x => changes.weights.set(+$("which").value, x));
$("which").onchange = tell;
$("go").onclick = go;
$("back").onclick = putBack;
$("row").max = D.X.length - 1;
$("row").oninput = () => { const r = Math.round(+$("row").value); if (r >= 0 && r < D.X.length) { S.row = r; show(); } };
$("moving").onchange = $("from").onchange = tellMovers;
$("scalars").onclick = () => {
  const {x, t} = rowOf(S.row);
  $("frame").srcdoc = graphPage(D.scalars[D.classes ? t[0] : 0], S.lanes[0].net.p, x, t, `The loss of row ${S.row} after ${plural(S.step, "step")}`);
  $("stepper").showModal();
};
$("shut").onclick = () => { $("stepper").close(); $("frame").srcdoc = ""; };
$("drag").hidden = !isDrawn;
if (!can) { $("change").hidden = $("movingbox").hidden = true; trouble(D.whynot); }
start(can ? each => madeAgain(D, each) : null);
