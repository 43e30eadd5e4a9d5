// Curves over steps, as losses are: several in one frame, on a scale of powers of ten.

import {numeral} from "./words.mjs";

const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

// What was seen of a number, thinned as it grows: every `every`th step is kept, at most `most` of them.
export class Trace {
  constructor(most = 1200) { Object.assign(this, {most, every: 1, steps: [], values: []}); }
  add(step, value) {
    if (step % this.every) return;
    if (this.steps.at(-1) === step) { this.values[this.values.length - 1] = value; return; }
    this.steps.push(step);
    this.values.push(value);
    if (this.steps.length < this.most) return;
    this.every *= 2;
    const kept = this.steps.map((s, k) => k).filter(k => this.steps[k] % this.every === 0);
    this.steps = kept.map(k => this.steps[k]);
    this.values = kept.map(k => this.values[k]);
  }
}

// Series: [{steps, values, colour, dash, faint, name}]. The scale is chosen by what is finite.
export function paintCurves(canvas, series, palette, {least = 1e-4, most = Infinity, now} = {}) {
  const context = canvas.getContext("2d", {willReadFrequently: true}), {width, height} = canvas, unit = width / canvas.clientWidth || 1;
  const left = 40 * unit, right = 8 * unit, top = 8 * unit, bottom = 20 * unit;
  context.clearRect(0, 0, width, height);
  let low = Infinity, high = -Infinity, last = 10;
  for (const {steps, values} of series) {
    for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
    if (steps.length) last = Math.max(last, steps.at(-1));
  }
  if (!(high > 0)) { low = 0.1; high = 1; }
  high = Math.min(high, most, Math.max(1e4, 1e9 * low));
  low = Math.log10(Math.max(low, least, high * 1e-9));
  high = Math.log10(high);
  low = Math.min(Math.floor(low * 4) / 4, high - 0.5);
  high = Math.max(Math.ceil(high * 4) / 4, low + 0.5);
  const x = s => left + (width - left - right) * s / last;
  const y = v => top + (height - top - bottom) * (high - Math.max(low, Math.min(high + 1, Math.log10(v)))) / (high - low);
  context.font = `${11 * unit}px system-ui, sans-serif`;
  context.fillStyle = palette.faint;
  context.strokeStyle = palette.hair;
  context.lineWidth = unit;
  const gap = Math.max(1, Math.ceil((high - low) / 4)), marks = high - low > 2 ? [1] : high - low > 1 ? [1, 3] : [1, 2, 5];
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let e = Math.floor(low); e <= high; e += gap) for (const m of marks) {
    const v = m * 10 ** e, at = y(v);
    if (Math.log10(v) < low - 1e-9 || Math.log10(v) > high + 1e-9) continue;
    context.beginPath(); context.moveTo(left, at); context.lineTo(width - right, at); context.stroke();
    context.fillText(v < 1e4 ? numeral(v, 2) : v.toExponential(0).replace("e+", "e"), left - 5 * unit, at);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText("0", left, height - 5 * unit);
  context.textAlign = "right";
  context.fillText(`step ${last.toLocaleString("en")}`, width - right, height - 5 * unit);
  context.lineJoin = "round";
  // What is too high for the scale leaves the frame: along its edge it would look like a loss that stays.
  context.save();
  context.beginPath(); context.rect(left, 0, width - left, height - bottom); context.clip();
  for (const {steps, values, colour, dash = 0, faint} of series) {
    context.beginPath();
    let on = false;
    steps.forEach((s, k) => {
      if (Number.isNaN(values[k])) { on = false; return; }
      context[on ? "lineTo" : "moveTo"](x(s), y(values[k]));
      on = true;
    });
    context.strokeStyle = colour;
    context.globalAlpha = faint ? 0.45 : 1;
    context.lineWidth = (faint ? 1.2 : 2) * unit;
    context.setLineDash(DASHES[dash % DASHES.length].map(d => d * unit));
    context.stroke();
  }
  context.restore();
  if (now !== undefined) {
    context.strokeStyle = palette.ink;
    context.beginPath(); context.moveTo(x(now), top); context.lineTo(x(now), height - bottom); context.stroke();
  }
}
