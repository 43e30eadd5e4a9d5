// What the curves say, in words, and what to try.

import {numeral} from "./words.mjs";

// Of the newest steps, how large the part is in which the loss rose, and by how much it swings.
function swings({values}) {
  const seen = values.slice(-40);
  if (seen.length < 20) return 0;
  let up = 0, whole = 0;
  for (let k = 1; k < seen.length; k++) { const d = seen[k] - seen[k - 1]; whole += Math.abs(d); if (d > 0) up += d; }
  return whole > 0.5 * Math.max(...seen) * 2 ? up / whole : 0;
}

export function verdictOf(runs, data, s) {
  if (!data.X.length) return {text: "Choose a class below and click into the map to draw points."};
  if (runs.length > 1) {
    const broken = runs.filter(run => run.broke >= 0), best = runs.filter(run => run.broke < 0).sort((a, b) => a.loss - b.loss)[0];
    if (!runs[0].training.steps) return {text: "The same start, the same rows: only the rate differs. Press play."};
    const lost = broken.map(run => numeral(run.rate)).join(" and ");
    return {text: [best ? `Lowest loss: rate ${numeral(best.rate)}.` : "", lost ? `Rate ${lost} exploded: steps jump over the valley.` : ""].join(" ").trim(), bad: !best};
  }
  const [run] = runs, {steps} = run.training, {rate} = run, less = numeral(rate / 10, 2);
  if (run.broke >= 0) return {text: `Exploded at step ${run.broke.toLocaleString("en")}: at rate ${numeral(rate)} each step jumps over the valley and lands higher, where the slope is steeper still. Try ${less}.`, bad: true};
  if (!steps) return {text: "Press play. Each step moves every weight a little way down the slope of the loss."};
  if (run.loss > 2 * run.first && steps > 5) return {text: `Worse than at the start: steps are too long. Try the rate ${less}.`, bad: true};
  if (swings(run.curve) > 0.4) return {text: `The loss jumps up and down: steps are too long, or batches too small. Try the rate ${numeral(rate / 3, 1)}.`, bad: true};
  if (run.held.rows) {
    const least = Math.min(...run.heldCurve.values);
    if (run.heldLoss > 1.3 * least && run.heldLoss > 2 * run.loss && steps > 100) return {text: "Learning by heart: rows that are held out get worse while the training improves. Fewer neurons, more rows or a penalty help."};
  }
  if (run.right === 1) return {text: "Every training row is right."};
  if (steps > 100 && run.loss > 0.97 * run.first) return {text: `Hardly moving after ${steps.toLocaleString("en")} steps: try the rate ${numeral(rate * 3, 1)}, or other activations.`};
  return {text: `Learning: the loss is ${numeral(100 * run.loss / run.first, 2)} % of what it was.`};
}
