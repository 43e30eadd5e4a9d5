// A network and its training, put together of kernels that are printed from jangrad's own rules.

import {KERNELS} from "./kernels.mjs";
import {Random} from "./random.mjs";
import {Deal} from "./deal.mjs";

const PRELU = 0.25;

// Layers: [{units, activation}], the last one's units are the outputs. All numbers lie in `p`, as in
// `net.parameters()`; `starts[l]` is where layer l begins, `strides[l]` from one unit to the next.
export class Network {
  constructor(inputs, layers, kernels = KERNELS.layers) {
    Object.assign(this, {inputs, layers, kernels, starts: [], strides: []});
    let size = 0;
    this.widths = [inputs, ...layers.map(({units}) => units)];
    layers.forEach(({units, activation}, l) => {
      this.starts.push(size);
      this.strides.push(this.widths[l] + kernels[activation].beside);
      size += units * this.strides[l];
    });
    this.outputs = this.widths.at(-1);
    this.p = new Float64Array(size);
    this.g = new Float64Array(size);
    this.room = 0;
  }
  // As `MLP(..., init=init, seed=seed)` draws them.
  draw(seed, init = "auto") {
    const random = new Random(seed), {p} = this;
    this.layers.forEach(({units, activation}, l) => {
      const k = this.widths[l], kind = init === "auto" ? KERNELS.layers[activation].init : init;
      const bound = Math.sqrt(6 / (k + units)), deviation = Math.sqrt(2 / k);
      for (let j = 0; j < units; j++) {
        const at = this.starts[l] + j * this.strides[l];
        for (let i = 0; i < k; i++) p[at + i] = kind === "he" ? random.gauss(0, deviation) : kind === "glorot" ? random.uniform(-bound, bound) : kind === "uniform" ? random.uniform(-1, 1) : 0;
        p[at + k] = 0;
        if (activation === "prelu") p[at + k + 1] = PRELU;
      }
    });
    return this;
  }
  // Another one with the same numbers, which holds other rows.
  twin() {
    const made = new Network(this.inputs, this.layers, this.kernels);
    made.p = this.p;
    return made;
  }
  weightAt(layer, unit, input) { return this.starts[layer] + unit * this.strides[layer] + input; }
  biasAt(layer, unit) { return this.weightAt(layer, unit, this.widths[layer]); }
  // What is held of so many rows: of each layer the sums z, the outputs y and the gradients of y.
  hold(rows) {
    if (rows <= this.room) return;
    const made = () => this.widths.map(units => new Float64Array(rows * units));
    [this.z, this.y, this.d, this.room] = [made(), made(), made(), rows];
  }
  // The outputs of `rows` rows, which lie in x one after the other.
  forward(rows, x) {
    this.hold(rows);
    this.x = x;
    this.layers.forEach(({units, activation}, l) => {
      this.kernels[activation].forward(rows, this.widths[l], units, l ? this.y[l] : x, this.p, this.starts[l], this.z[l + 1], this.y[l + 1]);
    });
    return this.y[this.layers.length];
  }
  // Adds to `g` what follows from the gradient of the outputs, which is in `d` of the last layer.
  backward(rows) {
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const k = this.widths[l], {units, activation} = this.layers[l];
      this.d[l].fill(0, 0, rows * k);
      this.kernels[activation].backward(rows, k, units, l ? this.y[l] : this.x, this.p, this.starts[l], this.z[l + 1], this.y[l + 1], this.d[l + 1], this.d[l], this.g);
    }
  }
}

// The loss is a name, or a kernel. Data: {rows, inputs, x, y}; of a loss over classes y are their numbers, one a row.
export class Training {
  constructor({net, data, loss, optimizer = "sgd", options = {}, rate, penalty = "none", strength = 0, size = data.rows, seed = 0}) {
    const update = KERNELS.updates[optimizer];
    Object.assign(this, {net, data, loss: typeof loss === "string" ? KERNELS.losses[loss] : loss, update, rate, penalty: KERNELS.penalties[penalty], strength, steps: 0});
    this.options = {...update.options, ...options};
    this.memory = update.state.map(() => new Float64Array(net.p.length));
    this.deal = new Deal(data.rows, size, seed);
    this.width = this.loss.width ?? (this.loss.classes ? 1 : net.outputs);
    this.x = new Float64Array(this.deal.size * data.inputs);
    this.y = this.loss.classes ? new Int32Array(this.deal.size) : new Float64Array(this.deal.size * this.width);
  }
  // The loss of the next batch, and in `net.g` its gradient.
  gradient() {
    const {net, data, x, y, width, loss} = this, {inputs} = data, batch = this.deal.batch(this.steps), n = batch.length;
    for (let r = 0; r < n; r++) {
      for (let i = 0, from = batch[r] * inputs; i < inputs; i++) x[r * inputs + i] = data.x[from + i];
      for (let i = 0, from = batch[r] * width; i < width; i++) y[r * width + i] = data.y[from + i];
    }
    const out = net.forward(n, x);
    net.g.fill(0);
    let total = loss.gradient(n, net.outputs, out, y, 1 / (n * width), net.d[net.layers.length]);
    net.backward(n);
    if (this.penalty) total += this.penalty(net.p.length, net.p, net.g, this.strength);
    return total;
  }
  step() {
    const {net} = this, found = this.gradient();
    this.update.step(net.p.length, net.p, net.g, this.memory, this.rate, ++this.steps, this.options);
    return found;
  }
  // The mean loss on rows, without a penalty.
  measure(data) {
    const {net, loss, width} = this;
    return data.rows ? loss.value(data.rows, net.outputs, net.forward(data.rows, data.x), data.y, 1 / (data.rows * width)) : NaN;
  }
}
