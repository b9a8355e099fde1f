// A frozen weight for a use of an operation, in any of the ways in which one is kept.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../../src/frozen-weight.ts";
import { decodeByLoops } from "../../src/packed/decode-loops.ts";
import { packedMatrices, waveValues } from "../packed-matrices.ts";
import { at } from "./float64.ts";
import { required } from "./operation-case.ts";

type Storage = "float32" | keyof typeof packedMatrices;

/** How a weight is kept. */
export interface WeightSettings {
  readonly storage: Storage;
  readonly isTransposed: boolean;
}

const packedKinds = Object.keys(packedMatrices) as (keyof typeof packedMatrices)[];

export const weightSettings: fc.Arbitrary<WeightSettings> = fc.record({
  storage: fc.oneof(fc.constant<Storage>("float32"), fc.constantFrom<Storage[]>(...packedKinds)),
  isTransposed: fc.boolean(),
});

export interface PreparedWeight {
  /** [inFeatures, outFeatures] */
  readonly values: Float32Array;
  /** The values, if changing them changes the weight of later calls. */
  readonly constants: readonly Float32Array[];
  /** Makes the weight on the engine in use; the result frees it. */
  prepare(): () => void;
  weight(): FrozenWeight;
}

export function preparedWeight(shape: readonly [number, number], settings: WeightSettings): PreparedWeight {
  const { storage, isTransposed } = settings;
  const made = storage === "float32" ? floatWeight(shape, isTransposed) : packedWeight(shape, storage, isTransposed);
  let weight: FrozenWeight | undefined;
  return {
    values: made.values,
    constants: storage === "float32" ? [made.values] : [],
    prepare: () => {
      const prepared = made.make();
      weight = prepared;
      return () => prepared.dispose();
    },
    weight: () => required(weight),
  };
}

interface MadeWeight {
  readonly values: Float32Array;
  make(): FrozenWeight;
}

function floatWeight([inFeatures, outFeatures]: readonly [number, number], isTransposed: boolean): MadeWeight {
  const values = waveValues(inFeatures * outFeatures, 3);
  const plain = () => tf.tensor2d(values.slice(), [inFeatures, outFeatures]);
  const make = () =>
    isTransposed
      ? FrozenWeight.fromTransposed(tf.tidy(() => tf.keep(tf.transpose(plain()))))
      : FrozenWeight.from(plain());
  return { values, make };
}

function packedWeight(
  [inFeatures, outFeatures]: readonly [number, number],
  storage: keyof typeof packedMatrices,
  isTransposed: boolean,
): MadeWeight {
  const [rows, columns] = isTransposed ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
  const packed = packedMatrices[storage](rows, columns);
  const decoded = new Float32Array(rows * columns);
  decodeByLoops(decoded, packed, { firstRow: 0, rows, firstColumn: 0, columns });
  const values = isTransposed ? transposed(decoded, columns) : decoded;
  const make = () => (isTransposed ? FrozenWeight.fromTransposed(packed) : FrozenWeight.from(packed));
  return { values, make };
}

/** [rows, columns] as [columns, rows]. */
function transposed(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  return values.map((_, index) => at(values, (index % rows) * columns + Math.floor(index / rows)));
}
