// Trainings as they were at each moment that was kept: numbers, without a browser.

export const number = x => x === null ? NaN : typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;

// Numbers that were written as base64, of 4 or 8 bytes each.
export function unpacked(text, size) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  return Float64Array.from(size === 4 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer));
}

// A training: of each moment its step and all weights; what was measured on the way. `at`, where there is
// one, gives the weights at any step.
export class Lane {
  constructor({name, said, kind = "", ended = Infinity, steps, weights, bytes = 8, losses, looked = [], sharpness = [], limit = null, at = null}, count) {
    Object.assign(this, {name, said, kind, ended, steps, limit, count, looked, at});
    this.weights = typeof weights === "string" ? unpacked(weights, bytes) : weights;
    this.losses = {steps: losses.steps, values: losses.values.map(number)};
    this.sharpness = sharpness.map(number);
  }
  get last() { return this.steps.at(-1); }
  // The moment at a step, or the last one before it.
  momentAt(step) {
    let low = 0, high = this.steps.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (this.steps[middle] <= step) low = middle; else high = middle - 1; }
    return low;
  }
  // Those at a step, or at the last moment before it.
  weightsNear(step) { return this.at && step <= this.last ? this.at(step) : this.weightsAt(this.momentAt(step)); }
  weightsAt(moment) { return this.weights.subarray(moment * this.count, (moment + 1) * this.count); }
  // What a series had come to by a step.
  static at({steps, values}, step) {
    let found = NaN;
    for (let k = 0; k < steps.length && steps[k] <= step; k++) found = values[k];
    return found;
  }
}

// What an output means: from -1 to 1, and where two classes meet.
export function scaleOf(targets, threshold, classes) {
  if (classes) return {level: x => x, middle: null, classes: true};
  const flat = targets.flat(), low = Math.min(...flat), high = Math.max(...flat);
  const middle = threshold ?? (low + high) / 2, half = (high - low) / 2 || 1;
  return {level: x => (x - middle) / half, middle: threshold, classes: false};
}
