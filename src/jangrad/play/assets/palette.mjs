// The colours of maps and curves, as the page's style has them now: light or dark.

const parsed = text => [1, 3, 5].map(k => parseInt(text.slice(k, k + 2), 16));
const packed = ([r, g, b]) => (255 << 24 | Math.round(b) << 16 | Math.round(g) << 8 | Math.round(r)) >>> 0;
export const mixed = (a, b, t) => a.map((x, k) => x + (b[k] - x) * t);
const SHADES = 256;
// How far a map's colour goes: points of the same colour are seen on it.
const DEEPEST = 0.7;

// Of custom properties that are written as #rrggbb: ink, faint, paper, mid, minus, plus, and those of classes and lines.
export function paletteOf(element) {
  const style = getComputedStyle(element), text = name => style.getPropertyValue(`--${name}`).trim();
  const [mid, minus, plus] = ["mid", "minus", "plus"].map(name => parsed(text(name)));
  const every = kind => [0, 1, 2, 3, 4, 5].map(k => text(`${kind}${k}`));
  const shades = new Uint32Array(2 * SHADES + 1);
  // Small values can be told from 0.
  for (let k = -SHADES; k <= SHADES; k++) shades[k + SHADES] = packed(mixed(mid, k < 0 ? minus : plus, DEEPEST * Math.abs(k / SHADES) ** 0.8));
  const classes = every("class");
  return {
    ink: text("ink"), faint: text("faint"), paper: text("paper"), hair: text("hair"), minus: text("minus"), plus: text("plus"), classes, lines: every("class"),
    // The colour of a number from -1 to 1, as 32 bits of an image.
    shade: t => shades[Math.round(Math.max(-1, Math.min(1, t)) * SHADES) + SHADES] || packed(mid),
    classShades: classes.map(c => Uint32Array.from({length: SHADES + 1}, (_, k) => packed(mixed(mid, parsed(c), k / SHADES)))),
    styleOf: t => `rgb(${mixed(mid, t < 0 ? minus : plus, Math.min(1, Math.abs(t)) ** 0.8).map(Math.round)})`,
  };
}
