// Long sums and products: what they add, as a row of bars in their box.

import {abs, max, min} from "./numbers.mjs";
import {D, G, graph, last, S} from "./state.mjs";

export const SPARK = 76;  // pixels across
const termsOfSum = new Map();
// The inputs of its additions that are none of them; none where the group is no sum.
export function termsOf(k) {
  if (k < 0 || !/(^|= )[Σ∏] of/.test(G[k].label)) return [];
  if (termsOfSum.has(k)) return termsOfSum.get(k);
  const terms = [], stack = [last[k]];
  termsOfSum.set(k, terms);
  while (stack.length && terms.length < 60) {
    const i = stack.pop();
    if (D.home[i] === k) stack.push(...[...graph.operands(i)].reverse()); else terms.push(i);
  }
  return terms;
}
// The bars as a path that begins at `left`.
export function barsOf(terms, left) {
  const values = terms.map(k => S.R.data[k]).map(x => isFinite(x) ? x : 0), most = max(...values.map(abs)) || 1;
  const width = min(7, (SPARK - 14) / values.length);
  return values.map((x, t) => `M${left + t * width} 14v${-11 * x / most}h${max(1, width - 1)}v${11 * x / most}z`).join("");
}
