// Facts about an engine that are available before it is loaded.

/** Facts about an engine. An absent field is false or has no value. */
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
  /** A second package that the engine needs. It may be the missing one. */
  readonly alsoNeeds?: { readonly package: string; readonly install: string };
  /** The command that installs a matching library, if the one from npm is for another system. */
  readonly rebuild?: string;
  /** Engines that are faster, best first: a user who gets this one without choosing it gets a note. */
  readonly slowerThan?: readonly string[];
  /** Why it is worth installing, if it needs neither a GPU nor a browser. Ends in a colon. */
  readonly advantage?: string;
}

/** Facts about a backend. An absent field is false. */
export interface BackendFacts {
  /** Where values are stored: in this process's memory, or on a GPU, where reading is asynchronous. */
  readonly memory: "process" | "gpu";
  /** It has done with an array when an operation on it returns; others may read it later. */
  readonly computesAtOnce?: boolean;
  /** It copies the array of a tensor at once; others keep the array itself, always or for a while. */
  readonly copiesArrays?: boolean;
  /** It rearranges the right factor of a product, once for each tensor if neither factor is transposed, else each time. */
  readonly needsPlainProducts?: boolean;
  /** Integers are floats, which are exact only up to 16 million, and scatters are slow. */
  readonly hasFloatIndices?: boolean;
  /** Its segment sum goes through all rows for each segment, and spreads a NaN to all of them. */
  readonly hasPoorSegmentSum?: boolean;
  /** Its scatter sets all other entries to 0 if tfjs-core is loaded twice, as with tfjs-node, which has its own copy. */
  readonly hasPoorScatter?: boolean;
}
