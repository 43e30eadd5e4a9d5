// Numbers and names as people read and type them.

export const {abs, max, min} = Math;
export const read = x => typeof x === "number" ? x : Number(String(x).replace("inf", "Infinity"));

const cut = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
// So many digits, as Python's "%.6g" writes them.
export function inDigits(x, digits) {
  if (isNaN(x)) return "nan";
  if (!isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (!x) return "0";
  const [front, power] = x.toExponential(digits - 1).split("e");
  if (power >= -4 && power < digits) return cut(x.toPrecision(digits));
  return `${cut(front)}e${power < 0 ? "-" : "+"}${String(abs(power)).padStart(2, "0")}`;
}
// As many digits as the page was asked for.
let full = 6;
export const writeIn = digits => { full = digits; };
export const show = x => inDigits(x, full);
// At most four, where there is no room for more.
export const inShort = x => inDigits(x, min(4, full));
// Of a value the sign of a zero is told: 1 / -0 is another than 1 / 0.
export const showValue = x => Object.is(x, -0) ? "-0" : show(x);
export const signed = x => show(x).replace(/^-.*/, "($&)");
export const plus = x => (x < 0 || isNaN(x) ? "" : "+") + show(x);

// 12,345: `toLocaleString` takes longer than all that is around it.
export const grouped = count => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

// What somebody typed: 2.5, 2,5, -1e-3, 1/3, inf, nan; undefined where it is no number.
export function typed(text) {
  const one = part => {
    const word = part.trim().replace(",", ".").replace("−", "-");
    if (/^[+-]?inf(inity)?$/i.test(word)) return word[0] === "-" ? -Infinity : Infinity;
    if (/^nan$/i.test(word)) return NaN;
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
  };
  const [above, below, ...more] = text.split("/").map(one);
  if (above === undefined || more.length) return undefined;
  return text.includes("/") ? below === undefined ? undefined : above / below : above;
}

export const noNumber = text => `“${text}” is not a number: 2.5, -1e-3 or 1/3 are.`;

const WIDE = /[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
// How many letters of a monospaced font the text is wide; those of Chinese and Japanese are two.
export const columns = text => [...text].length + (text.match(WIDE) || []).length;

const LONGEST = 36;
export const ROW = /^row (\d+): /;
// Places of neurons in short, and at most so many letters; the row is said elsewhere.
export function short(text) {
  text = text.replace(ROW, "");
  text = text.replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g, "[$1][$2]").replace(/\.weights\[/g, ".w[");
  return text.length > LONGEST ? "…" + text.slice(1 - LONGEST) : text;
}

// How long somebody reads a text, in milliseconds: four words a second, and never less than `least`.
export const readingTime = (text, least) => max(least, 250 * text.trim().split(/\s+/).length);
