// The formulas of a graph: how each node is computed, and its local slopes, with names or numbers.

import {show, showValue, signed} from "./numbers.mjs";
import {asFactor, asMath, asMathFactor, asText, isCompound, nameMath, numberMath, put} from "./rules.mjs";
import {isNode} from "./graph.mjs";

export function formulasOf(graph) {
  const {D, ops, ins, plain, ROOT} = graph;
  const inputNames = count => count === 1 ? ["x"] : count === 2 ? ["a", "b"] : Array.from({length: count}, (_, p) => "x" + (p + 1));
  const named = k => ({node: k, name: D.name[k], typeset: D.typeset[k]});
  const operands = (i, spell, y = named(i)) => {
    const found = {y};
    inputNames(ins[i].length).forEach((name, p) => { found[name] = isNode(ins[i][p]) ? spell(ins[i][p]) : plain[i][p]; });
    return found;
  };
  const rules = i => D.rules[D.op[i]];
  const value = i => put(rules(i)[0], operands(i, named), null, ops, true);
  const computed = (i, data) => put(rules(i)[0], operands(i, k => ({node: k, value: data[k]})), null, ops, true);
  // ∂ i / ∂ k as a formula; undefined where it says no more than its number.
  const slope = (i, k, data) => {
    const parts = ins[i].flatMap((x, p) => x === k ? [put(rules(i)[1 + p], operands(i, named), operands(i, k => data[k], data[i]), ops)] : []);
    if (parts.every(part => typeof part === "number")) return undefined;
    const whole = parts.reduce((sum, part) => ["+", sum, part]);
    return asText(whole).length <= 60 ? whole : undefined;
  };
  const formula = i => D.op[i] ? asText(value(i)) : "";
  const simple = i => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(D.name[i]) ? D.name[i] : `(${D.name[i]})`;
  // The slope of the root, through all paths; and that of one operation, its other inputs held.
  const d = k => `d${simple(ROOT)}/d${simple(k)}`;
  const partial = (i, k) => `∂${simple(i)}/∂${simple(k)}`;
  const name = i => nameMath(named(i));
  const change = (sign, i) => `<mrow>${sign}${isCompound(D.name[i]) ? `<mo>(</mo>${name(i)}<mo>)</mo>` : name(i)}</mrow>`;
  const ratio = (sign, top, bottom, kind) => `<mfrac class="${kind}">${change(sign, top)}${change(sign, bottom)}</mfrac>`;
  const dMath = k => ratio('<mi mathvariant="normal">d</mi>', ROOT, k, "g");
  const partialMath = (i, k) => ratio("<mo>∂</mo>", i, k, "s");
  const equals = parts => parts.filter((part, p) => part && part !== parts[p - 1]).join("\n");  // lines may break there
  const numeral = (x, kind) => `<mrow class="${kind}">${x < 0 ? `<mo>(</mo>${numberMath(x)}<mo>)</mo>` : numberMath(x)}</mrow>`;

  // `c = a * a = 2 * 2 = 4`, as text and as MathML.
  function valueLine(i, data, hidden) {
    const last = hidden ? "?" : showValue(data[i]);
    const text = [D.name[i], formula(i), asText(computed(i, data)), last].filter((part, p, all) => part !== all[p - 1]).join(" = ");
    const math = equals([name(i), asMath(value(i)), asMath(computed(i, data)), hidden ? "<mo>?</mo>" : `<mrow class="d">${numberMath(data[i])}</mrow>`]);
    return [text, math];
  }
  // What i hands to k: upstream gradient times local slope.
  function chainLine(s, i, k, R, hidden) {
    const local = R.local[s], rule = slope(i, k, R.data), up = R.grad[i];
    const last = hidden ? "?" : show(R.amount[s]);
    const text = [`${d(i)} × ${partial(i, k)}`, rule && `${d(i)} × ${asFactor(rule)}`, `${signed(up)} × ${hidden ? rule ? asFactor(rule) : partial(i, k) : signed(local)}`, last];
    const times = "<mo>×</mo>", above = dMath(i), beside = rule && `<mrow class="s">${asMathFactor(rule)}</mrow>`;
    const math = [above + times + partialMath(i, k), rule && above + times + beside,
      numeral(up, "g") + times + (hidden ? beside || partialMath(i, k) : numeral(local, "s")), hidden ? "<mo>?</mo>" : `<mrow class="g">${numberMath(R.amount[s])}</mrow>`];
    return [text.filter(Boolean).join(" = "), equals(math)];
  }
  // The gradient of k as a step leaves it.
  function sumLine(s, k, R, first, whole) {
    const sum = first ? [] : [`${show(R.before[s])} + ${signed(R.amount[s])}`];
    const text = `${d(k)} ${whole ? "" : "so far "}= ${[...sum, show(R.after[s])].join(" = ")}`;
    const math = dMath(k) + (whole ? "" : "<mtext>\u00a0so far</mtext>") + "\n" +
      (first ? "" : `${numberMath(R.before[s])}<mo>+</mo>${numeral(R.amount[s], "g")}\n`) + `<mrow class="g">${numberMath(R.after[s])}</mrow>`;
    return [text, math];
  }
  return {formula, computed, valueLine, chainLine, sumLine, slope, d, dMath, partial};
}
