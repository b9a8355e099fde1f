// How much of each frequency each mel bin hears: triangles that are evenly wide in mel, of equal area (Slaney 1998), as
// transformers' `mel_filter_bank` makes them with `norm` and `mel_scale` "slaney".

/** Up to here mel grows with the frequency, from here with its logarithm. */
const lastLinear = { hertz: 1000, mel: 15 };
const logarithmicStep = Math.log(6.4) / 27;

/** The weights of `bins` frequencies evenly spaced from 0 to `highest` Hz, for each mel bin: [melBins][bins]. */
export function melFilters(melBins: number, bins: number, highest: number): readonly Float64Array[] {
  const top = melOf(highest);
  const centres = Array.from({ length: melBins + 2 }, (_, index) => hertzOf((top * index) / (melBins + 1)));
  return Array.from({ length: melBins }, (_, mel) => {
    const [low = 0, centre = 0, high = 0] = centres.slice(mel, mel + 3);
    const height = 2 / (high - low);
    return Float64Array.from({ length: bins }, (_, bin) => {
      const hertz = (highest * bin) / (bins - 1);
      const side = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
      return height * Math.max(0, side);
    });
  });
}

function melOf(hertz: number): number {
  if (hertz < lastLinear.hertz) return (lastLinear.mel * hertz) / lastLinear.hertz;
  return lastLinear.mel + Math.log(hertz / lastLinear.hertz) / logarithmicStep;
}

function hertzOf(mel: number): number {
  if (mel < lastLinear.mel) return (lastLinear.hertz * mel) / lastLinear.mel;
  return lastLinear.hertz * Math.exp(logarithmicStep * (mel - lastLinear.mel));
}
