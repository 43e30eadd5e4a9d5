// What the page knows: the data, the numbers for the leaves as they are now, and how far it is.

import {grouped, inShort, max, min, show, showValue, writeIn} from "./numbers.mjs";
import {graphOf} from "./graph.mjs";
import {boxesOf, scoped, sizesOf} from "./boxes.mjs";
import {formulasOf} from "./formulas.mjs";

export const $ = id => document.getElementById(id);
export const when = (id, kind, act) => $(id).addEventListener(kind, act);
export const D = JSON.parse($("data").textContent);
writeIn(D.digits);
D.origins = Object.keys(D.origin).map(Number);  // where nan or inf begin
export const graph = graphOf(D, OPS), {N, ROOT, STEPS, SEED, ins, first, uses, born, stepNode, stepInput, received} = graph;
export const words = formulasOf(graph);
export const G = D.groups, {sizes, inside, last} = sizesOf(G, D.home);
const original = graph.run(first);

export const S = {
  now: 0,  // steps that are done
  R: original, original, leaves: first.slice(),
  chosen: ROOT, fresh: true,  // nothing was stepped through yet
  slopes: false, quiz: Boolean(D.quiz),
  open: G.map(() => false), focus: 0,  // of a large graph the part that is looked into
  tight: false, boxes: [], edges: [], boxOf: new Int32Array(N),
};
const LARGE = 5000;  // beyond so many nodes one part at a time is looked into
const g = new Float64Array(N), got = new Int32Array(N), painters = [];
export const onPaint = painter => painters.push(painter);
export const paint = () => { for (const painter of painters) painter(); };

// The step that was made last: kind "", "forward", "seed" or "backward"; the node, and what gets from it.
export function stepped() {
  const s = S.now - 1;
  if (s < 0 || S.fresh) return {s, kind: "", node: -1, target: -1};
  const node = stepNode[s], k = stepInput[s];
  return {s, kind: k === -1 ? "forward" : k === -2 ? "seed" : "backward", node, target: k < 0 ? node : k};
}
export function go(s) {
  s = max(0, min(STEPS, s));
  const {before, after} = S.R;
  let {now} = S;
  for (; now < s; now++) {
    const k = stepInput[now];
    if (k === -2) { g[ROOT] = 1; got[ROOT] = 1; }
    if (k >= 0) { g[k] = after[now]; got[k]++; }
  }
  while (now > s) {
    const k = stepInput[--now];
    if (k === -2) { g[ROOT] = 0; got[ROOT] = 0; }
    if (k >= 0) { g[k] = before[now]; got[k]--; }
  }
  S.now = s;
}
export const known = i => born[i] < S.now;
export const gotten = i => got[i];
export const gradOf = i => g[i];
export const whole = i => i === ROOT ? got[i] > 0 : got[i] === uses[i] && S.now > SEED;
export const dataText = i => known(i) ? showValue(S.R.data[i]) : "?";
// In a box there is room for a sign alone.
export const marked = x => S.tight ? inShort(x) : show(x);
export const gradMark = i => got[i] || whole(i) ? marked(g[i]) + (whole(i) ? "" : S.tight ? " …" : " so far") : "?";
export const dataMark = i => known(i) ? Object.is(S.R.data[i], -0) ? "-0" : marked(S.R.data[i]) : "?";
export const gradText = i => got[i] ? show(g[i]) + (whole(i) ? "" : " so far") : whole(i) ? "0" : "not computed";
export const told = i => `value ${dataText(i)}` + (D.forward ? "" : `, gradient ${gradText(i)}`);
// Whether a local slope may be seen: in the quiz only once its step is done.
export const slopeKnown = (i, k) => !D.forward && known(i) && (!S.quiz || received(k).some(s => stepNode[s] === i && s < S.now));

const altered = new Set();
export const changed = () => [...altered].sort((a, b) => a - b);
export function setLeaf(i, x) {
  const now = S.now;
  go(0);
  S.leaves[i] = x;
  altered[Object.is(x, first[i]) ? "delete" : "add"](i);
  S.R = altered.size ? graph.run(S.leaves) : original;
  go(now);
}
export const labelOf = group => group.label || `${D.name[group.closing]} = ${words.formula(group.closing)}`;
export const countOf = k => `${grouped(sizes[k])} Values`;
export const isIn = (k, outer) => { while (k > outer) k = G[k].parent; return k === outer; };
export function arrangeBoxes() {
  const found = boxesOf(graph, G, D.home, sizes, S.open);
  Object.assign(S, S.focus ? scoped(found, box => isIn(D.home[box.node], S.focus)) : found);
}
// Looks into a part of a large graph or, where that is closed, into what holds it; what the page
// opened is not looked into.
export function lookInto(k) {
  if (N <= LARGE) return;
  while (k > 0 && (!S.open[k] || S.begun[k] || inside[k] < 3)) k = G[k].parent;
  S.focus = max(0, k);
}
// The groups that hold a node, from the outermost inwards.
export function groupsOf(i) {
  const path = [];
  for (let k = D.home[i]; k >= 0; k = G[k].parent) path.unshift(k);
  return path;
}
