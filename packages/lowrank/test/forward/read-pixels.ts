// "pixel_values" of inputs.json: images as nested lists of numbers.

export interface ImageLimits {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Images, row-major. */
export interface PixelValues {
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly values: Float32Array;
}

/** Reads [batch, channels, height, width]; a fault is added to the list and gives undefined. */
export function readPixels(
  given: unknown,
  { channels, height, width }: ImageLimits,
  faults: string[],
): PixelValues | undefined {
  const expected = `expected [batch, ${channels}, ${height}, ${width}] numbers`;
  if (given === undefined) {
    faults.push(`"pixel_values" is missing: ${expected}`);
    return undefined;
  }
  const rows = listsOf([given], [], faults, expected);
  const images = rows && listsOf(rows, [channels, height, width], faults, expected);
  if (rows === undefined || images === undefined) return undefined;
  if (images.every((value) => typeof value === "number" && Number.isFinite(Math.fround(value)))) {
    return { shape: [rows.length, channels, height, width], values: Float32Array.from(images, Number) };
  }
  faults.push(`"pixel_values": one of the values is no finite number that float32 holds; ${expected}`);
  return undefined;
}

/** Opens one level of lists for each length, or one of any length above 0. */
function listsOf(
  values: readonly unknown[],
  lengths: readonly number[],
  faults: string[],
  expected: string,
): readonly unknown[] | undefined {
  let level = values;
  for (const length of lengths.length === 0 ? [undefined] : lengths) {
    const isList = (value: unknown) =>
      Array.isArray(value) && (length === undefined ? value.length > 0 : value.length === length);
    if (!level.every(isList)) {
      faults.push(`"pixel_values" has another shape: ${expected}`);
      return undefined;
    }
    level = level.flat();
  }
  return level;
}
