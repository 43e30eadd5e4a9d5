// Python's `random.Random`, so that a seed gives here what it gives there.
// Matsumoto and Nishimura, Mersenne Twister (1998).

const N = 624;

export class Random {
  constructor(seed) {
    const mt = this.words = new Uint32Array(N);
    const begin = s => { mt[0] = s; for (let i = 1; i < N; i++) mt[i] = Math.imul(1812433253, mt[i - 1] ^ mt[i - 1] >>> 30) + i; };
    const key = seed > 0xffffffff ? [seed % 4294967296, Math.floor(seed / 4294967296)] : [seed];
    begin(19650218);
    let i = 1, j = 0;
    const onwards = () => { if (++i >= N) { mt[0] = mt[N - 1]; i = 1; } };
    for (let k = N; k; k--) {
      mt[i] = (mt[i] ^ Math.imul(mt[i - 1] ^ mt[i - 1] >>> 30, 1664525)) + key[j] + j;
      j = (j + 1) % key.length;
      onwards();
    }
    for (let k = N - 1; k; k--) { mt[i] = (mt[i] ^ Math.imul(mt[i - 1] ^ mt[i - 1] >>> 30, 1566083941)) - i; onwards(); }
    mt[0] = 0x80000000;
    this.place = N;
    this.kept = null;
  }
  word() {
    const mt = this.words;
    if (this.place >= N) {
      for (let k = 0; k < N; k++) {
        const y = mt[k] & 0x80000000 | mt[(k + 1) % N] & 0x7fffffff;
        mt[k] = mt[(k + 397) % N] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.place = 0;
    }
    let y = mt[this.place++];
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return (y ^ y >>> 18) >>> 0;
  }
  random() { const a = this.word() >>> 5, b = this.word() >>> 6; return (a * 67108864 + b) / 9007199254740992; }
  uniform(a, b) { return a + (b - a) * this.random(); }
  gauss(mean, deviation) {
    let z = this.kept;
    this.kept = null;
    if (z === null) {
      const angle = this.random() * 2 * Math.PI, radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * radius;
      this.kept = Math.sin(angle) * radius;
    }
    return mean + z * deviation;
  }
}
