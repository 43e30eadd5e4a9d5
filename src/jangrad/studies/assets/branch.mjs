// A recorded training made again, and on from one of its steps in another way: without a browser.

import {Network, Training} from "./engine.mjs";

// Rows and targets as the engine takes them; `rows` are those that were changed: of a number {x, t}.
export function dataOf(D, rows = new Map()) {
  const made = D.classes ? Int32Array : Float64Array, of = (r, key, own) => rows.get(r)?.[key] ?? own;
  const X = D.X.map((x, r) => of(r, "x", x)), y = D.y.map((t, r) => of(r, "t", t));
  return {rows: X.length, inputs: D.net.inputs, x: Float64Array.from(X.flat()), y: made.from(y.flat())};
}
export function trainingOf(D, net, data, size = D.training.size) {
  const {loss, optimizer, options, penalty, strength, seed, rates} = D.training;
  return new Training({net, data, loss, optimizer, options, penalty, strength, seed, size, rate: rates[0]});
}
// The training up to a step, from its first weights, with all that its optimiser remembers there.
function replayed(D, lane, step) {
  const net = new Network(D.net.inputs, D.net.layers), training = trainingOf(D, net, dataOf(D));
  net.p.set(lane.weightsAt(0));
  for (let k = 0; k < step; k++) { training.rate = D.training.rates[k]; training.step(); }
  return training;
}
// A training that is made again as far as it is asked for: `begin` gives it as it is at step `first`.
class Again {
  constructor(begin, first, rateOf) { Object.assign(this, {begin, first, rateOf, training: null, step: 0}); }
  // Its weights after so many steps, from `first` on.
  weights(step) {
    if (!this.training || this.step > step) { this.training = this.begin(); this.step = this.first; }
    for (; this.step < step; this.step++) { this.training.rate = this.rateOf(this.step); this.training.step(); }
    return this.training.net.p;
  }
}
// What finds the weights at each step of a lane: those that were kept, or else made again.
export function madeAgain(D, lane) {
  const again = new Again(() => replayed(D, lane, 0), 0, k => D.training.rates[k]);
  return step => { const moment = lane.momentAt(step); return lane.steps[moment] === step ? lane.weightsAt(moment) : again.weights(step); };
}

// On from a step with changes: {rate, weights: Map of places, rows: Map of numbers}.
export function branch(D, lane, step, {rate, weights = new Map(), rows = new Map()}) {
  const there = madeAgain(D, lane)(step).slice(), changed = new Map(weights), others = dataOf(D, rows);
  const training = replayed(D, lane, step), apart = training.net.p.reduce((most, w, i) => Math.max(most, Math.abs(w - there[i])), 0);
  const changeFrom = from => {
    from.net.p.set(there);
    changed.forEach((w, i) => { from.net.p[i] = w; });
    from.data = others;
    return from;
  };
  const {net} = changeFrom(training), rateOf = k => rate ?? D.training.rates[k], again = new Again(() => changeFrom(replayed(D, lane, step)), step, rateOf);
  const kept = lane.weights.slice(), losses = {steps: [], values: []};
  let next = lane.momentAt(step);
  if (lane.steps[next] === step) kept.set(net.p, next * lane.count);
  next++;
  for (let k = step; k < lane.last; k++) {
    training.rate = rateOf(k);
    losses.values.push(training.step());
    losses.steps.push(k);
    if (k + 1 === lane.steps[next]) kept.set(net.p, next++ * lane.count);
  }
  const before = madeAgain(D, lane), at = k => { const moment = lane.momentAt(k); return lane.steps[moment] === k ? kept.subarray(moment * lane.count, (moment + 1) * lane.count) : k < step ? before(k) : again.weights(k); };
  return {steps: lane.steps, weights: kept, losses, apart, at};
}

// By how much each row has moved a weight from step `first` to step `last`; behind the rows what is
// nobody's, that of a penalty. A step is shared out by what each row has of its direction.
export function movedBy(D, lane, index, first, last) {
  const {now, kept, decay, gain, shrinks} = D.training.moves, data = dataOf(D), training = replayed(D, lane, 0), {net} = training;
  const one = new Network(D.net.inputs, D.net.layers), rows = data.rows, {inputs} = data;
  const momentum = new Float64Array(rows + 1), direction = new Float64Array(rows + 1), slopes = new Float64Array(rows + 1), moved = new Float64Array(rows + 1);
  one.p = net.p;
  for (let k = 0; k < last; k++) {
    // Of a loss that mixes rows, a row has the part that goes through its own outputs.
    const batch = training.deal.batch(k).slice(), m = one.outputs, top = one.layers.length;
    training.gradient();
    const upstream = net.d[top].slice(0, batch.length * m);
    slopes.fill(0);
    let sum = 0;
    batch.forEach((r, i) => {
      one.forward(1, data.x.subarray(r * inputs, (r + 1) * inputs));
      one.g[index] = 0;
      one.d[top].set(upstream.subarray(i * m, (i + 1) * m));
      one.backward(1);
      sum += slopes[r] = one.g[index];
    });
    const before = net.p[index], rate = training.rate = D.training.rates[k];
    training.step();
    slopes[rows] = net.g[index] - sum;
    let whole = 0;
    for (let r = 0; r <= rows; r++) {
      momentum[r] = decay * momentum[r] + gain * slopes[r];
      whole += direction[r] = now * slopes[r] + kept * momentum[r];
    }
    if (k < first) continue;
    const shrunk = rate * shrinks * before, move = net.p[index] - before + shrunk;
    if (whole) for (let r = 0; r <= rows; r++) moved[r] += move * direction[r] / whole;
    moved[rows] -= shrunk;
  }
  return moved;
}

// The size of the gradient of all rows in each layer, at the weights that the network has.
export function gradientsByLayer(D, net, data) {
  trainingOf(D, net, data, data.rows).gradient();
  return net.layers.map(({units}, l) => Math.hypot(...net.g.subarray(net.starts[l], net.starts[l] + units * net.strides[l])));
}

// The page of one row's graph with other numbers: those of a moment, and of any row.
export function graphPage(graph, weights, x, t, title) {
  const mark = '<script type="application/json" id="data">', from = graph.page.indexOf(mark) + mark.length, to = graph.page.indexOf("<\/script>", from);
  const data = JSON.parse(graph.page.slice(from, to));
  const set = (places, numbers) => places.forEach((place, k) => { if (place >= 0) data.data[place] = Number.isFinite(numbers[k]) ? numbers[k] : String(numbers[k]).replace("Infinity", "inf").replace("NaN", "nan"); });
  set(graph.weights, weights);
  set(graph.inputs, x);
  set(graph.targets, t);
  data.title = title;
  return graph.page.slice(0, from) + JSON.stringify(data).replaceAll("<", "\\u003c") + graph.page.slice(to);
}
