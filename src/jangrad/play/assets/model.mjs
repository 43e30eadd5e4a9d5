// What the user has chosen, as numbers and in the address; the data and the trainings that follow from it.

import {KERNELS} from "./kernels.mjs";
import {Network, Training} from "./engine.mjs";
import {OwnNetwork} from "./own_network.mjs";
import {makeSet, SETS} from "./sets.mjs";
import {Trace} from "./curves.mjs";

export const LOSSES = {
  two: ["binary_cross_entropy", "squared_error", "hinge", "absolute_error", "huber"],
  classes: ["softmax_cross_entropy"],
  amounts: ["squared_error", "absolute_error", "huber", "quantile", "poisson"],
};
export const MOST = {layers: 6, units: 12, rates: 4, rows: 1000};
const FIRST = {set: "moons", rows: 200, noise: 0.1, draw: 0, held: 25, layers: [{units: 4, activation: "tanh"}, {units: 2, activation: "tanh"}], loss: "binary_cross_entropy",
  optimizer: "sgd", rates: [0.1], penalty: "none", strength: 0.001, batch: 10, seed: 0, speed: 10};

// -- the address -----------------------------------------------------------------------------------

export function toAddress(s) {
  const net = s.layers.map(({units, activation}) => `${units}.${activation}`).join("~");
  const parts = {set: s.set, rows: s.rows, noise: s.noise, draw: s.draw, held: s.held, net, loss: s.loss, optimizer: s.optimizer, rates: s.rates.join("~"),
    penalty: s.penalty, strength: s.strength, batch: s.batch, seed: s.seed, speed: s.speed, points: s.set === "drawn" ? s.points.map(p => p.join("_")).join("~") : ""};
  return Object.entries(parts).filter(([, v]) => v !== "").map(([k, v]) => `${k}=${v}`).join("&");
}
const within = (x, low, high, or) => Number.isFinite(x) ? Math.max(low, Math.min(high, x)) : or;
// What cannot be read, or is not there, is as it was.
export function fromAddress(text, first) {
  const given = Object.fromEntries(text.replace(/^#/, "").split("&").map(part => part.split("="))), s = structuredClone(first);
  const number = (name, low, high, whole = true) => { if (name in given) { const x = within(Number(given[name]), low, high, s[name]); s[name] = whole ? Math.round(x) : x; } };
  const word = (name, known) => { if (known.includes(given[name])) s[name] = given[name]; };
  word("set", OWN_NETWORK ? ["own"] : [...Object.keys(SETS), "drawn", ...first.own ? ["own"] : []]);
  if (s.set in SETS) s.noise = SETS[s.set].noise;
  number("rows", 4, MOST.rows); number("noise", 0, 2, false); number("draw", 0, 2 ** 32 - 1); number("held", 0, 80); number("batch", 1, MOST.rows); number("seed", 0, 2 ** 32 - 1); number("speed", 1, 500);
  number("strength", 0, 10, false);
  word("optimizer", Object.keys(KERNELS.updates)); word("penalty", ["none", ...Object.keys(KERNELS.penalties)]); word("loss", Object.keys(KERNELS.losses));
  if ("net" in given) s.layers = given.net.split("~").filter(Boolean).slice(0, MOST.layers).map(part => {
    const [units, activation] = part.split(".");
    return {units: Math.round(within(Number(units), 1, MOST.units, 4)), activation: activation in KERNELS.layers ? activation : "tanh"};
  });
  if ("rates" in given) s.rates = given.rates.split("~").map(Number).filter(x => x > 0 && x < Infinity).slice(0, MOST.rates);
  if (!s.rates.length) s.rates = [...first.rates];
  if ("points" in given) s.points = given.points.split("~").map(p => p.split("_").map(Number)).filter(p => p.length === 3 && p.every(Number.isFinite));
  return s;
}
export const firstState = given => ({...structuredClone(FIRST), points: [], ...given});

// -- data ------------------------------------------------------------------------------------------

export const kindOf = (s, own) => s.set === "own" ? own.kind : s.set === "drawn" ? (s.points.some(p => p[2] > 1) ? "classes" : "two") : SETS[s.set].kind;
const COUNT = x => x >= 0;
// The losses that fit, of the targets that there are.
export const lossesFor = (kind, y) => LOSSES[kind].filter(name => name !== "poisson" || y.every(COUNT));

export function dataOf(s, own) {
  const kind = kindOf(s, own);
  let found, names = null;
  if (s.set === "own") { found = own; names = own.names; }
  else if (s.set === "drawn") found = {X: s.points.map(p => p.slice(0, 2)), y: s.points.map(p => kind === "two" ? 2 * p[2] - 1 : p[2])};
  else found = makeSet(s.set, Math.max(s.rows, SETS[s.set].least || 0), s.noise, s.draw);
  const {X, y} = found, inputs = X[0]?.length ?? 2, classes = kind === "classes" ? Math.max(2, ...y.map(t => t + 1)) : kind === "two" ? 2 : 0;
  names ||= Array.from({length: inputs}, (_, i) => `x${i + 1}`);
  const cut = Math.max(1, Math.round(X.length * (1 - s.held / 100)));
  const ranges = names.map((_, i) => {
    let low = Infinity, high = -Infinity;
    for (const row of X) { low = Math.min(low, row[i]); high = Math.max(high, row[i]); }
    if (!(high >= low)) return [-1, 1];
    const pad = 0.12 * (high - low) || 1;
    return [low - pad, high + pad];
  });
  if (s.set === "drawn") ranges.fill([-1, 1]);
  return {X, y, kind, names, inputs, classes, cut, ranges, outputs: kind === "classes" ? Math.max(classes, found.outputs || 0) : 1, amounts: kind === "amounts" ? [Math.min(...y), Math.max(...y)] : null};
}
// Targets as a loss wants them.
const targetsFor = (loss, kind, y) => loss === "binary_cross_entropy" ? y.map(t => (t + 1) / 2) : y;
const packedRows = (data, loss, from, to) => {
  const made = KERNELS.losses[loss].classes ? Int32Array : Float64Array;
  return {rows: to - from, inputs: data.inputs, x: Float64Array.from(data.X.slice(from, to).flat()), y: made.from(targetsFor(loss, data.kind, data.y.slice(from, to)))};
};

// -- trainings -------------------------------------------------------------------------------------

// One training for each rate; OWN_NETWORK makes the network where its layers are the user's own, all from one start; `first` are its numbers where they are not drawn.
export function begin(s, data, first) {
  const layers = [...s.layers, {units: data.outputs, activation: s.output ?? "linear"}];
  const seen = packedRows(data, s.loss, 0, data.cut), held = packedRows(data, s.loss, data.cut, data.X.length);
  return s.rates.map(rate => {
    const net = OWN_NETWORK ? new OwnNetwork(OWN_NETWORK, data.inputs, data.outputs) : new Network(data.inputs, layers);
    if (net.plain); else if (first && first.length === net.p.length) net.p.set(first); else net.draw(s.seed);
    const training = new Training({net, data: seen, loss: s.loss, optimizer: s.optimizer, rate, penalty: s.penalty, strength: s.strength, size: Math.min(s.batch, seen.rows), seed: s.seed});
    const drawn = net.plain ? null : new Network(data.inputs, layers).draw(s.seed).p;
    return {training, net, seen, held, drawn, start: net.p.slice(), rate, firstRate: rate, firstPenalty: {penalty: s.penalty, strength: s.strength}, changes: [], curve: new Trace(), heldCurve: new Trace(), loss: NaN, heldLoss: NaN, best: Infinity, broke: -1};
  });
}
// Looks at where a training is, and notes it for the curves.
export function look(run, data) {
  const {training, seen, held} = run;
  run.loss = training.measure(seen);
  run.right = share(run.net, seen, data, training.loss);
  run.curve.add(training.steps, run.loss);
  if (held.rows) {
    run.heldLoss = training.measure(held);
    run.heldRight = share(run.net, held, data, training.loss);
    run.heldCurve.add(training.steps, run.heldLoss);
  }
  if (run.loss < run.best) run.best = run.loss;
  if (run.first === undefined) run.first = run.loss;
  if (run.broke < 0 && training.steps && (!Number.isFinite(run.loss) || run.loss > 1e3 * run.first + 1e3)) run.broke = training.steps;
}
// How many of the rows that were measured last are right.
function share(net, {rows, y}, {kind}, loss) {
  if (kind === "amounts") return NaN;
  const out = net.y[net.layers.length], k = net.outputs;
  let right = 0;
  for (let r = 0; r < rows; r++) {
    if (loss.classes) {
      let best = 0;
      for (let i = 1; i < k; i++) if (out[r * k + i] > out[r * k + best]) best = i;
      right += best === y[r];
    } else right += out[r] > 0 === y[r] > 0;
  }
  return right / rows;
}
