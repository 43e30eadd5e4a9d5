// Formulas: rules of the table (see rule_lists.py) into which names and numbers are put; as text they
// are what Python's formula.py writes, as MathML what LaTeX would set.
// An operand is {node, name, typeset} for a node by its name, {node, value} for its number, or a number.

import {read, short, show} from "./numbers.mjs";

const SIGNS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "==": (a, b) => a === b, "!=": (a, b) => a !== b,
};
const isList = Array.isArray;

// A rule's value for the numbers of its names; `ops` holds the functions that it calls.
export function evaluate(rule, numbers, ops) {
  if (typeof rule === "number") return rule;
  if (typeof rule === "string") return numbers[rule];
  const [kind, ...parts] = rule, value = part => evaluate(part, numbers, ops);
  if (kind === "num") return read(parts[0]);
  if (kind === "const") return parts[1];
  if (kind === "neg") return -value(parts[0]);
  if (kind === "if") return value(value(parts[0]) ? parts[1] : parts[2]);
  if (kind === "and") return parts.every(value);
  if (kind === "or") return parts.some(value);
  if (kind === "call") return ops[parts[0]].f(...parts.slice(1).map(value));
  if (kind === "**") return ops.pow ? ops.pow.f(...parts.map(value)) : value(parts[0]) ** value(parts[1]);
  if (kind === "%") return value(parts[0]) % value(parts[1]);
  return SIGNS[kind](value(parts[0]), value(parts[1]));
}

// The rule with operands in the place of its names; of each choice the side that is taken here, and
// without what changes nothing, as x ** 1 and 1 * x. `bare` leaves all as it is written.
export function put(rule, operands, numbers, ops, bare) {
  if (typeof rule === "number") return rule;
  if (typeof rule === "string") return operands[rule] ?? rule;
  const [kind, ...parts] = rule, inner = part => put(part, operands, numbers, ops, bare);
  if (kind === "const" || kind === "num") return rule;
  if (kind === "if" && numbers) return inner(evaluate(parts[0], numbers, ops) ? parts[1] : parts[2]);
  if (kind === "call") return ["call", parts[0], ...parts.slice(1).map(inner)];
  const found = [kind, ...parts.map(inner)], [, left, right] = found;
  if (!bare && kind === "neg") return typeof left === "number" ? -left : isList(left) && left[0] === "neg" ? left[1] : found;
  if (bare || !"+-*/**".includes(kind)) return found;
  const u = typeof left === "number" ? left : undefined, v = typeof right === "number" ? right : undefined;
  if (u !== undefined && v !== undefined && "+-*".includes(kind) && kind !== "**") return SIGNS[kind](u, v);
  if (v === ("+-".includes(kind) ? 0 : 1)) return left;
  if (u === 0 && kind === "+" || u === 1 && kind === "*") return right;
  return found;
}

// A name that reads as more than one: it holds an operator outside of brackets.
export function isCompound(name) {
  for (let before = ""; before !== name;) { before = name; name = name.replace(/\([^()]*\)|\[[^\[\]]*\]/g, ""); }
  return /[-+*/^%<>=|&,;@·×−⋅]/.test(name);
}

const CHOICE = 0, OR = 1, AND = 2, TEST = 3, LABEL = 4, SUM = 5, PRODUCT = 6, SIGN = 7, POWER = 8, ATOM = 9;
const LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "**": POWER, or: OR, and: AND};
const levelOf = formula => {
  if (typeof formula === "number") return formula < 0 || Object.is(formula, -0) ? SIGN : ATOM;
  if (typeof formula === "string") return ATOM;
  if (!isList(formula)) return "name" in formula ? isCompound(formula.name) ? LABEL : ATOM : levelOf(formula.value);
  const kind = formula[0];
  return kind === "neg" ? SIGN : kind === "if" ? CHOICE : kind in LEVELS ? LEVELS[kind] : kind in SIGNS ? TEST : ATOM;
};
const isNegative = formula => typeof formula === "number" ? levelOf(formula) === SIGN
  : isList(formula) ? formula[0] === "neg" && typeof formula[1] === "number" : Boolean(formula) && "value" in formula && isNegative(formula.value);

// Printers share how parts are put into parentheses; `p` says how each kind is written.
function printed(formula, p) {
  const inner = part => printed(part, p);
  const within = (part, level) => levelOf(part) >= level ? inner(part) : p.enclosed(inner(part));
  if (typeof formula === "number") return p.number(formula);
  if (typeof formula === "string") return p.name(formula);
  if (!isList(formula)) return p.operand(formula);
  const [kind, ...parts] = formula, [left, right] = parts;
  if (kind === "num") return p.number(read(left));
  if (kind === "const") return p.name(left);
  if (kind === "neg") return p.negative(within(left, isNegative(left) ? ATOM : SIGN));
  if (kind === "call") return p.call(left, parts.slice(1).map(inner), parts.slice(1));
  if (kind === "if") return p.choice(within(right, OR), within(left, OR), within(parts[2], CHOICE));
  if (kind === "and" || kind === "or") return p.joined(parts.map(part => within(part, LEVELS[kind] + 1)), kind);
  if (kind in LEVELS) {
    const level = LEVELS[kind], power = kind === "**", tall = p.tall && (kind === "/" || power);
    const after = isNegative(right) ? ATOM : level + !power;
    return p.binary(kind, kind === "/" && tall ? inner(left) : within(left, level + power), tall ? inner(right) : within(right, after));
  }
  return p.binary(kind, within(left, LABEL), within(right, LABEL));
}

const signOf = x => Object.is(x, -0) ? "-0" : show(x);
const TEXT = {
  number: signOf, name: name => name, operand: o => "name" in o ? o.name : signOf(o.value),
  enclosed: text => `(${text})`, negative: text => "-" + text, call: (name, parts) => `${name}(${parts.join(", ")})`,
  choice: (chosen, test, other) => `${chosen} if ${test} else ${other}`, joined: (parts, word) => parts.join(` ${word} `),
  binary: (sign, left, right) => `${left} ${sign} ${right}`,
};
export const asText = formula => printed(formula, TEXT);
// As one factor of a product.
export const asFactor = formula => levelOf(formula) === ATOM && !(isList(formula) && formula[0] === "**") ? asText(formula) : `(${asText(formula)})`;

export const escape = text => text.replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
const mo = sign => `<mo>${sign}</mo>`;
const row = inner => `<mrow>${inner}</mrow>`;
export const numberMath = x => {
  const [digits, power] = signOf(x).replace("inf", "∞").replace(/^-/, "−").split("e");
  return power ? row(`<mn>${digits}</mn>${mo("·")}<msup><mn>10</mn><mn>${Number(power)}</mn></msup>`.replace(/<mn>-/g, "<mn>−")) : `<mn>${digits}</mn>`;
};
// `node` is the number of the box that the name belongs to; `typeset` its MathML where that is more
// than its letters.
export const nameMath = ({name, node, typeset}) => typeset ? `<mrow data-node="${node}">${typeset}</mrow>`
  : `<mi${name.length > 1 ? ' mathvariant="normal"' : ""} data-node="${node}">${escape(short(name))}</mi>`;
const MATH = {
  tall: true, number: numberMath, name: name => `<mi>${{pi: "π"}[name] || escape(name)}</mi>`,
  operand: o => "name" in o ? nameMath(o) : `<mrow class="d" data-node="${o.node}">${numberMath(o.value)}</mrow>`,
  enclosed: inner => row(mo("(") + inner + mo(")")), negative: inner => row(mo("−") + inner),
  call: (name, parts, raw) => name === "sqrt" ? `<msqrt>${parts[0]}</msqrt>`
    : name === "exp" ? `<msup><mi>e</mi>${row(parts[0])}</msup>`
    : name === "abs" ? row(mo("|") + parts[0] + mo("|"))
    : row(`<mi mathvariant="normal">${escape(name)}</mi>` + mo("(") + parts.join(mo(",")) + mo(")")),
  choice: (chosen, test, other) => row(`${chosen}<mtext> if </mtext>${test}<mtext> else </mtext>${other}`),
  joined: (parts, word) => row(parts.join(`<mtext> ${word} </mtext>`)),
  binary: (sign, left, right) => sign === "/" ? `<mfrac>${row(left)}${row(right)}</mfrac>` : sign === "**" ? `<msup>${row(left)}${row(right)}</msup>`
    : row(left + mo({"*": "·", "-": "−", "<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}[sign] || sign) + right),
};
export const asMath = formula => printed(formula, MATH);
export const asMathFactor = formula => levelOf(formula) >= POWER || isList(formula) && formula[0] === "/" ? asMath(formula) : MATH.enclosed(asMath(formula));
