// Numbers as people read them.

export const numeral = (x, digits = 3) => {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "−inf" : "inf";
  const size = Math.abs(x), text = size !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(Math.max(0, digits - 2)).replace("e+", "e") : String(Number(x.toPrecision(digits)));
  return text.replace("-", "−");
};
export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
