// Which rows make which step, as `jangrad.train.shuffle` says.

// lowbias32, of Chris Wellons: https://nullprogram.com/blog/2018/07/31/
export function mix(x) {
  x = Math.imul(x ^ x >>> 16, 0x7feb352d);
  x = Math.imul(x ^ x >>> 15, 0x846ca68b);
  return (x ^ x >>> 16) >>> 0;
}
export function orderOf(seed, epoch, rows) {
  const start = mix(mix(0x9e3779b9 ^ seed) ^ epoch), hashes = Array.from({length: rows}, (_, row) => mix(start ^ row));
  return Int32Array.from(hashes.keys()).sort((a, b) => hashes[a] - hashes[b]);
}

export class Deal {
  constructor(rows, size, seed) {
    Object.assign(this, {rows, size: Math.min(size, rows), seed, epoch: -1, order: null});
    this.anEpoch = Math.ceil(rows / this.size);
    if (this.size === rows) this.order = Int32Array.from({length: rows}, (_, i) => i);
  }
  batch(step) {
    const epoch = Math.floor(step / this.anEpoch), k = step % this.anEpoch;
    if (this.size < this.rows && epoch !== this.epoch) { this.order = orderOf(this.seed, epoch, this.rows); this.epoch = epoch; }
    return this.order.subarray(k * this.size, (k + 1) * this.size);
  }
}
