// The power of each frequency in a short piece of sound. Whisper's pieces have 400 samples, no power of two; with a direct sum
// that uses what sines and cosines repeat, the features of half a minute took 0.3 s of one processor (AMD Zen 5, Node 20).

/** Makes a function from `size` samples, an even number, to the power of size/2 + 1 frequencies; what it returns is overwritten by its next call. */
export function powerSpectrum(size: number): (samples: Float64Array) => Float64Array {
  const half = size / 2;
  const quarter = Math.floor(half / 2);
  const cosines = Float64Array.from({ length: size }, (_, turn) => Math.cos((2 * Math.PI * turn) / size));
  const sines = Float64Array.from({ length: size }, (_, turn) => Math.sin((2 * Math.PI * turn) / size));
  const [sums, differences, power] = [0, 1, 2].map(() => new Float64Array(half + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return (samples) => {
    // A cosine is the same at n and size − n, a sine the opposite.
    for (let place = 0; place <= half; place++) {
      const isAlone = place === 0 || place === half;
      const twin = isAlone ? 0 : (samples[size - place] as number);
      sums[place] = (samples[place] as number) + twin;
      differences[place] = isAlone ? 0 : (samples[place] as number) - twin;
    }
    // Frequencies k and size/2 − k differ by the signs of odd places alone.
    for (let frequency = 0; frequency <= quarter; frequency++) {
      const real = [0, 0];
      const imaginary = [0, 0];
      for (let parity = 0; parity < 2; parity++) {
        let [cosineSum, sineSum] = [0, 0];
        for (let place = parity; place <= half; place += 2) {
          const turn = (frequency * place) % size;
          cosineSum += (sums[place] as number) * (cosines[turn] as number);
          sineSum += (differences[place] as number) * (sines[turn] as number);
        }
        real[parity] = cosineSum;
        imaginary[parity] = sineSum;
      }
      const [evenReal = 0, oddReal = 0] = real;
      const [evenImaginary = 0, oddImaginary = 0] = imaginary;
      power[frequency] = (evenReal + oddReal) ** 2 + (evenImaginary + oddImaginary) ** 2;
      power[half - frequency] = (evenReal - oddReal) ** 2 + (oddImaginary - evenImaginary) ** 2;
    }
    return power;
  };
}
