// The mistakes of the museum, run: the right and the wrong way, step by step, with the page's kernels.

import {KERNELS} from "./kernels.mjs";
import {Network, Training} from "./engine.mjs";
import {makeSet} from "./sets.mjs";

const moons = (n = 20, noise = 0.1) => makeSet("moons", n, noise, 0);
const rowsIn = ({X, y}, classes) => ({rows: X.length, inputs: X[0].length, x: Float64Array.from(X.flat()), y: (classes ? Int32Array : Float64Array).from(y)});
const MLP = (inputs, widths, {activation = "tanh", init, kernels} = {}) =>
  new Network(inputs, widths.map((units, l) => ({units, activation: l === widths.length - 1 ? "linear" : activation})), kernels).draw(0, init);
const fits = (data, net, {loss = "squared_error", rate = 0.1} = {}) => {
  const training = new Training({net, data: rowsIn(data, loss.classes || loss === "softmax_cross_entropy"), loss, rate});
  return () => training.step();
};

// Each begins a run: a function that makes a step and gives what the curve shows, before it.
export const RUNS = {
  zero_grad: {steps: 150, begin: right => {
    const net = MLP(2, [4, 1]), training = new Training({net, data: rowsIn(moons()), loss: "squared_error", rate: 0.25}), sum = new Float64Array(net.p.length);
    return () => {
      const loss = training.gradient();
      net.g.forEach((g, k) => { sum[k] = right ? g : sum[k] + g; net.p[k] -= training.rate * sum[k]; });
      return loss;
    };
  }},
  assigned: {steps: 60, begin: right => fits(moons(), MLP(2, [4, 1], right ? {} : {kernels: KERNELS.mistaken}))},
  overflow: {steps: 60, begin: right => {
    const {X, y} = makeSet("blobs", 21, 0.5, 0);
    return fits({X: X.map(row => row.map(x => 400 * x)), y}, MLP(2, [3]), {rate: 1e-4, loss: (right ? KERNELS.losses : KERNELS.mistaken).softmax_cross_entropy});
  }},
  rate: {steps: 60, begin: right => fits(moons(), MLP(2, [4, 1]), {rate: right ? 0.1 : 3})},
  dead: {steps: 60, begin: right => {
    const net = MLP(2, [4, 1], {activation: "relu"});
    for (let j = 0; j < 4 && !right; j++) net.p[net.biasAt(0, j)] = -5;
    return fits(moons(), net);
  }},
  zeros: {steps: 60, begin: right => fits(moons(), MLP(2, [4, 1], {init: right ? "auto" : "zeros"}))},
  unscaled: {steps: 60, begin: right => {
    const {X, y} = moons();
    return fits({X: right ? X : X.map(([a, b]) => [1000 * a, b]), y}, MLP(2, [1]), {rate: right ? 0.1 : 3e-7});
  }},
  leak: {steps: 60, begin: right => {
    const {X, y} = moons(100, 0.2), leaking = right ? X : X.map(([a, b], r) => [a, b, r < 50 ? 2 * y[r] : 0]);
    const net = MLP(leaking[0].length, [4, 1]), later = rowsIn({X: leaking.slice(50), y: y.slice(50)});
    const training = new Training({net, data: rowsIn({X: leaking.slice(0, 50), y: y.slice(0, 50)}), loss: "squared_error", rate: 0.1});
    return () => { const loss = training.measure(later); training.step(); return loss; };
  }},
  loss: {steps: 60, begin: right => {
    const {X, y} = makeSet("blobs", 30, 0.5, 0), k = right ? 3 : 1, net = MLP(2, [4, k]), loss = right ? "softmax_cross_entropy" : "squared_error";
    const training = new Training({net, data: rowsIn({X, y}, right), loss, rate: 0.1});
    return () => {
      const out = net.forward(X.length, training.data.x);
      let wrong = 0;
      y.forEach((t, r) => {
        const z = out.subarray(r * k, (r + 1) * k), answer = right ? z.indexOf(Math.max(...z)) : Math.min(Math.max(Math.round(z[0]), 0), 2);
        wrong += answer !== t;
      });
      training.step();
      return wrong / X.length;
    };
  }},
};
