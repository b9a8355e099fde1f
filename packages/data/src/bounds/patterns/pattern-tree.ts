// Parses regular expressions of a tokenizer.json into a tree, after the library's translation to JavaScript.

export type PatternTree =
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly PatternTree[] }
  | {
      readonly kind: "repeat";
      readonly body: PatternTree;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    }
  | { readonly kind: "look"; readonly body: PatternTree; readonly isNegated: boolean; readonly isBehind: boolean };

/** Parses the source of a RegExp with the flag u. Throws SyntaxError for syntax that needs backtracking. */
export function parsePattern(source: string): PatternTree {
  return new PatternParser(source).parse();
}

/** The syntax for one character: a class, an escape, or the character itself. */
const characterSource =
  /\[(?:\\[\s\S]|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\c[A-Za-z]|\\[dDsSwWtnvfr0^$\\.*+?()[\]{}|/-]|[^\\^$*+?()[\]{}|]/uy;
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/y;
const groupStart = /\((?:\?(?::|(<?)([=!])|<[\p{ID_Start}$_][\p{ID_Continue}$]*>))?/uy;
const deepest = 100;

class PatternParser {
  #at = 0;
  #depth = 0;

  constructor(private readonly source: string) {}

  parse(): PatternTree {
    const tree = this.#choice();
    if (this.#at < this.source.length) throw this.#unsupported();
    return tree;
  }

  #choice(): PatternTree {
    this.#depth += 1;
    if (this.#depth > deepest) throw new SyntaxError(`a pattern with more than ${deepest} nested groups`);
    const parts = [this.#sequence()];
    while (this.source[this.#at] === "|") {
      this.#at += 1;
      parts.push(this.#sequence());
    }
    this.#depth -= 1;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "choice", parts };
  }

  #sequence(): PatternTree {
    const parts: PatternTree[] = [];
    while (this.#at < this.source.length && !"|)".includes(this.source[this.#at] ?? "")) {
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", parts };
  }

  #atom(): PatternTree {
    const group = this.#take(groupStart);
    if (group !== null) {
      const body = this.#choice();
      if (this.source[this.#at] !== ")") throw this.#unsupported();
      this.#at += 1;
      const [, behind, look] = group;
      return look === undefined ? body : { kind: "look", body, isNegated: look === "!", isBehind: behind === "<" };
    }
    const character = this.#take(characterSource);
    if (character === null) throw this.#unsupported();
    return { kind: "character", source: character[0] };
  }

  #repeated(body: PatternTree): PatternTree {
    const found = this.#take(quantifier);
    if (found === null) return body;
    const [, sign, min = "", comma, max = "", lazy] = found;
    const isLazy = lazy === "?";
    if (sign === "?") return { kind: "repeat", body, min: 0, max: 1, isLazy };
    const bounds =
      sign === undefined
        ? { min: Number(min), max: comma === undefined ? Number(min) : max === "" ? Infinity : Number(max) }
        : { min: sign === "+" ? 1 : 0, max: Infinity };
    return { kind: "repeat", body, ...bounds, isLazy };
  }

  #take(part: RegExp): RegExpExecArray | null {
    part.lastIndex = this.#at;
    const found = part.exec(this.source);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #unsupported(): SyntaxError {
    const rest = this.source.slice(this.#at, this.#at + 20);
    return new SyntaxError(`a pattern with ${JSON.stringify(rest)}, which has no bounded running time`);
  }
}
