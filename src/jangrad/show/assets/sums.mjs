// Long sums and products: what they add, as a row of bars in their box.

import {abs, max, min} from "./numbers.mjs";
import {D, G, graph, last, S} from "./state.mjs";
import {make, SPARK, sums} from "./picture.mjs";

// The inputs of its additions that are none of them.
const termsOfSum = new Map();
sums.terms = k => {
  if (k < 0 || !/(^|= )[Σ∏] of/.test(G[k].label)) return [];
  if (termsOfSum.has(k)) return termsOfSum.get(k);
  const terms = [], stack = [last[k]];
  termsOfSum.set(k, terms);
  while (stack.length && terms.length < 60) {
    const i = stack.pop();
    if (D.home[i] === k) stack.push(...[...graph.operands(i)].reverse()); else terms.push(i);
  }
  return terms;
};
sums.draw = (box, holder) => {
  const values = box.terms.map(k => S.R.data[k]).map(x => isFinite(x) ? x : 0), most = max(...values.map(abs)) || 1;
  const width = min(7, (SPARK - 14) / values.length), left = box.wide - SPARK + 4;
  make("path", holder, {class: "spark", d: values.map((x, t) => `M${left + t * width} 14v${-11 * x / most}h${max(1, width - 1)}v${11 * x / most}z`).join("")});
};
