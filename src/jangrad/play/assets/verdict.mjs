// What the curves say, in words, and what to compare with.

import {numeral} from "./words.mjs";

const median = values => [...values].sort((a, b) => a - b)[values.length - 1 >> 1];
// The newest part of what was seen, an eighth of it and 30 to 150 looks, and those before, each as its
// median, the newest last: one step that leaps up does not count.
const partOf = values => Math.min(150, Math.max(30, values.length >> 3));
function medians(values) {
  const found = [], part = partOf(values);
  for (let end = values.length; end >= part; end -= part) found.unshift(median(values.slice(end - part, end)));
  return found;
}

// What was seen of a curve since a rate or a weight was changed; before, it was another training.
function since({steps, values}, from) {
  const k = steps.findIndex(step => step >= from);
  return k < 0 ? {steps: [], values: []} : {steps: steps.slice(k), values: values.slice(k)};
}
// Whether the newest part is lower than each before, and whether it leaps, up as much as down and by a good
// part of what it is; null before that can be told.
function wayOf({steps, values}) {
  const parts = medians(values), now = parts.pop(), n = partOf(values), newest = values.slice(-n);
  if (!parts.length || steps.at(-1) - steps[0] < 200) return null;
  let up = 0, whole = 0;
  for (let k = 1; k < n; k++) { const d = newest[k] - newest[k - 1]; whole += Math.abs(d); if (d > 0) up += d; }
  return {now, lower: now < 0.97 * Math.min(...parts), leaps: up > 0.4 * whole && whole > 0.15 * n * now};
}
// Held-out rows are clearly worse than they were, while the training rows went on getting better.
function byHeart({values}, held) {
  const parts = medians(held.values), seen = medians(values), least = parts.indexOf(Math.min(...parts)), now = parts.at(-1);
  return parts.length > 1 && now > 1.2 * parts[least] && seen.at(-1) < 0.5 * now && seen.at(-1) < seen[least];
}

export function verdictOf(runs, data) {
  if (!data.X.length) return {text: "Choose a class below and click into the map to draw points."};
  const back = runs.find(run => run.back && !run.training.steps);
  if (back) return {text: `Back at the start, because it had exploded. At rate ${runs.map(run => numeral(run.rate)).join(" and ")} it may well do so again: choose another, such as ${numeral(Math.min(...runs.map(run => run.rate)) / 10, 2)}, then press play.`, bad: true};
  const level = run => median(run.curve.values.slice(-9));
  if (runs.length > 1) {
    const broken = runs.filter(run => run.broke >= 0), best = runs.filter(run => run.broke < 0).sort((a, b) => level(a) - level(b))[0];
    if (!runs[0].training.steps) return {text: "The same start, the same rows: only the rate differs. Press play."};
    const lost = broken.map(run => numeral(run.rate)).join(" and ");
    return {text: [best ? `Lowest loss: rate ${numeral(best.rate)}.` : "", lost ? `Rate ${lost} exploded: steps jump over the valley.` : ""].join(" ").trim(), bad: !best};
  }
  const [run] = runs, {steps} = run.training, {rate} = run, less = numeral(rate / 10, 2);
  if (run.broke >= 0) return {text: `Exploded at step ${run.broke.toLocaleString("en")}: at rate ${numeral(rate)} each step jumps over the valley and lands higher, where the slope is steeper still. Play goes back to the start; compare with the rate ${less}.`, bad: true};
  if (!steps) return {text: "Press play. Each step moves every weight a little way down the slope of the loss."};
  const from = run.changes.at(-1)?.step ?? 0, curve = since(run.curve, from), newest = curve.values.slice(1).slice(-9);
  if (steps - from > 5 && newest.length && median(newest) > 2 * curve.values[0]) return {text: `Worse than ${from ? "before the last change" : "at the start"}, as it is when steps are too long: compare with the rate ${less}.`, bad: true};
  const way = wayOf(curve), share = level(run) / run.first;
  if (way?.leaps && !way.lower && way.now > 0.3 * run.first && run.right !== 1) return {text: `The loss jumps up and down and gets no lower, as it does when steps are too long or batches too small: compare with the rate ${numeral(rate / 3, 1)}, or a larger batch.`, bad: true};
  if (run.held.rows && run.heldRight !== 1 && byHeart(curve, since(run.heldCurve, from))) return {text: "Learning by heart: rows that are held out are worse than they were, while the training rows get better. Compare with fewer neurons, more rows or a penalty."};
  if (run.right === 1) return {text: "Every training row is right."};
  if (steps > 100 && share > 0.97 && !way?.leaps && Math.max(...newest) < 1.3 * run.first) return {text: `Hardly moving after ${steps.toLocaleString("en")} steps: compare with the rate ${numeral(rate * 3, 1)}, or with other activations.`};
  return {text: `${share < 0.97 ? "Learning: the" : "The"} loss is ${numeral(100 * share, 2)} % of what it was.`};
}
