// A network whose layers are code of its own, with the parts of a `Network` that training asks for.

// made: what `own_network` of Python has printed.
export class OwnNetwork {
  constructor(made, inputs, outputs) {
    const {value, trainStep, parameters, memory} = made();
    Object.assign(this, {plain: true, value, trainStep, inputs, outputs, p: parameters, g: memory.state_s, room: 0});
    this.layers = [{units: outputs, activation: "own"}];
    this.widths = [inputs, outputs];
  }
  forward(rows, x) {
    const {inputs: k, outputs: m} = this;
    if (rows > this.room) [this.y, this.d, this.room] = [[null, new Float64Array(rows * m)], [null, new Float64Array(rows * m)], rows];
    this.x = x;
    for (let r = 0; r < rows; r++) this.y[1].set(this.value(x.subarray(r * k, (r + 1) * k)), r * m);
    return this.y[1];
  }
  backward(rows) {
    const {inputs: k, outputs: m} = this;
    for (let r = 0; r < rows; r++) this.trainStep(this.x.subarray(r * k, (r + 1) * k), this.d[1].subarray(r * m, (r + 1) * m));
  }
  // It holds nothing of a batch between two steps.
  twin() { return this; }
}
