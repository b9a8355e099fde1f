// Facts about an engine that are available before it is loaded.

/** One engine. What is absent is false or does not exist. */
export interface EngineFacts {
  /** The name that tf.setBackend knows it by. */
  readonly backend: string;
  /** The platforms on which it is tried by default. */
  readonly triedIn: readonly ("node" | "browser")[];
  /** It does the same work as well as the engine above it: a small product decides between them. */
  readonly equalsPrevious?: boolean;
  /** The command that installs its packages. */
  readonly install: string;
  /** Added to the error if it is not installed and the install command alone is not enough. */
  readonly missing?: string;
  /** A second package that it needs, and which may be the missing one. */
  readonly alsoNeeds?: { readonly package: string; readonly install: string };
  /** The command that installs a matching library, if the one from npm is for another system. */
  readonly rebuild?: string;
  /** Engines that are faster, best first: a user who gets this one without choosing it gets a note. */
  readonly slowerThan?: readonly string[];
  /** Why it is worth installing, if it needs neither a GPU nor a browser. Ends in a colon. */
  readonly advantage?: string;
}

/** One backend. What is absent is false. */
export interface BackendFacts {
  /** Where values are stored: in this process's memory, or on a GPU, where reading them means waiting. */
  readonly memory: "process" | "gpu";
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
