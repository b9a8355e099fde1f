// What code that computes must know of a TensorFlow.js backend, so that nothing asks for one by its name.

/** One backend. What is absent is false. */
export interface BackendFacts {
  /** Where values lie: in this process' memory, or on a graphics card, for whose values a program must wait. */
  readonly memory: "process" | "card";
  /** It has done with an array when an operation on it returns; others may read it later. */
  readonly computesAtOnce?: boolean;
  /** It copies the array that a tensor is made of at once; others keep the array itself, for good or for a while. */
  readonly copiesArrays?: boolean;
  /** It multiplies a single row up to ten times faster by a matrix that is stored as [inFeatures, outFeatures]. */
  readonly needsPlainProducts?: boolean;
  /** Whole numbers are floats, which tell the places of 16 million entries apart and no more; scatters are slow. */
  readonly hasFloatIndices?: boolean;
  /** Its segment sum goes through all rows for each segment, and spreads a NaN to all of them. */
  readonly hasPoorSegmentSum?: boolean;
  /** Its scatter forgets all other entries where tfjs-core is loaded twice: tfjs-node brings one of its own. */
  readonly hasPoorScatter?: boolean;
}
