// Reads the calls of tools in an answer while it is written. A call must name a tool of the request; everything else stays text, so
// that no client gets a call of a tool that it does not have.

import { begunBy } from "../answers/written-choice.ts";
import { BracketSpan } from "./bracket-span.ts";
import type { ToolFormat } from "./tool-formats.ts";
import { type ArgumentSchemas, jsonCall, pythonCall, type WholeCall, xmlCall } from "./whole-call.ts";

/** A piece of the text, or of a call: the first piece of each has its name. */
export type ReadPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly index: number; readonly name?: string; readonly arguments: string };

export interface CallReaderOptions {
  readonly format: ToolFormat;
  /** The tools of the request, with the schemas of their arguments. */
  readonly tools: ArgumentSchemas;
  /** More calls are left out. */
  readonly maxCalls: number;
}

type Mode = "text" | "opening" | "object" | "arguments" | "tail" | "xml" | "python" | "between" | "over";

/** The beginning of a call in JSON, if its arguments are an object and come last. */
const head =
  /^\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"([^"\\]{1,64})"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)/;
const maxHead = 300;
/** Longer beginnings are text, so that the time to read an answer stays proportional to its length. */
const maxHeld = 32_768;
const xmlEnd = "</function>";

export class CallReader {
  #mode: Mode;
  #held = "";
  /** What was read of a beginning that may still turn out to be text. */
  #doubtful = "";
  #span = new BracketSpan();
  /** How much of #held was searched for the end of a call. */
  #searched = 0;
  #isNamed = false;
  #calls = 0;

  constructor(private readonly options: CallReaderOptions) {
    this.#mode = options.format.isBare ? "opening" : "text";
  }

  /** How many calls have begun. */
  get calls(): number {
    return this.#calls;
  }

  /** What can be sent after one more piece of the answer. */
  push(piece: string): readonly ReadPart[] {
    this.#held += piece;
    const parts: ReadPart[] = [];
    while (this.#advance(parts));
    return parts;
  }

  /** The rest, after the answer's last piece. */
  end(): readonly ReadPart[] {
    const isText = ["text", "opening", "object", "xml", "python"].includes(this.#mode);
    const text = isText ? this.#doubtful + this.#held : "";
    return text === "" ? [] : [{ type: "text", text }];
  }

  /** Whether there is more to read in what is held. */
  #advance(parts: ReadPart[]): boolean {
    switch (this.#mode) {
      case "text":
        return this.#readText(parts);
      case "opening":
        return this.#readOpening(parts);
      case "object":
        return this.#readObject(parts);
      case "arguments":
        return this.#readArguments(parts);
      case "tail":
        return this.#cut(this.#span.end(this.#held) ?? this.#held.length, this.#span.isOver ? "between" : "tail");
      case "xml": {
        const end = this.#held.indexOf(xmlEnd, Math.max(0, this.#searched - xmlEnd.length));
        return this.#readWhole(parts, end < 0 ? undefined : end + xmlEnd.length, xmlCall);
      }
      case "python":
        return this.#readWhole(parts, this.#span.end(this.#held, this.#searched), pythonCall);
      case "between":
        return this.#readBetween();
      case "over":
        this.#held = "";
        return false;
    }
  }

  #readText(parts: ReadPart[]): boolean {
    if (this.#calls > 0) this.#held = this.#held.trimStart(); // white space between calls
    const { open } = this.options.format;
    const places = open.map((mark) => ({ mark, at: this.#held.indexOf(mark) })).filter(({ at }) => at >= 0);
    const first = places.sort((one, other) => one.at - other.at)[0];
    const kept = Math.max(0, ...open.map((mark) => begunBy(this.#held, mark)));
    const end = first?.at ?? this.#held.length - kept;
    if (end > 0) parts.push({ type: "text", text: this.#held.slice(0, end) });
    this.#held = this.#held.slice(end + (first?.mark.length ?? 0));
    if (first === undefined) return false;
    this.#doubtful = first.mark;
    this.#mode = "opening";
    return true;
  }

  /** After a mark, or at the start of an answer: is this a call? */
  #readOpening(parts: ReadPart[]): boolean {
    const { format, tools } = this.options;
    const whole = this.#held.trimStart();
    if (format.open.some((mark) => whole.startsWith(mark))) return this.#giveUp(parts);
    const space = /^[\s[]*/.exec(this.#held)?.[0].length ?? 0;
    const rest = this.#held.slice(space);
    const begin = (mode: Mode, named = false) => {
      this.#doubtful += this.#held.slice(0, space);
      [this.#held, this.#mode, this.#isNamed, this.#searched, this.#span] = [rest, mode, named, 0, new BracketSpan()];
      return true;
    };
    if (rest.startsWith("{")) return begin("object");
    if (rest.startsWith("<function=")) return begin("xml");
    for (const name of tools.keys()) {
      if (!rest.startsWith(name)) continue;
      const [before, bracket] = /^\s*(?:\[ARGS\]\s*)?([{(])/.exec(rest.slice(name.length, name.length + 32)) ?? [];
      if (bracket === "(") return begin("python");
      if (before !== undefined) {
        begin("arguments", true);
        this.#held = rest.slice(name.length + before.length - 1);
        return this.#begin(parts, { name, arguments: "" });
      }
    }
    const word = rest.trimEnd();
    const starts = ["<function=", ...[...tools.keys()].map((name) => `${name}[ARGS]`)];
    if (starts.some((start) => start.startsWith(word)) || format.open.some((mark) => mark.startsWith(whole)))
      return this.#held.length > maxHead && this.#giveUp(parts);
    return this.#giveUp(parts);
  }

  #readObject(parts: ReadPart[]): boolean {
    const [matched, name = ""] = head.exec(this.#held.slice(0, maxHead)) ?? [];
    if (matched !== undefined && this.options.tools.has(name)) {
      this.#held = this.#held.slice(matched.length);
      [this.#mode, this.#span] = ["arguments", new BracketSpan()];
      return this.#begin(parts, { name, arguments: "" });
    }
    return this.#readWhole(parts, this.#span.end(this.#held, this.#searched), jsonCall);
  }

  #readArguments(parts: ReadPart[]): boolean {
    const end = this.#span.end(this.#held) ?? this.#held.length;
    if (end > 0) parts.push({ type: "call", index: this.#calls - 1, arguments: this.#held.slice(0, end) });
    if (!this.#span.isOver) return this.#cut(end, "arguments");
    this.#span = new BracketSpan(1);
    return this.#cut(end, this.#isNamed ? "between" : "tail");
  }

  #readWhole(
    parts: ReadPart[],
    end: number | undefined,
    read: (text: string, schemas: ArgumentSchemas) => WholeCall | undefined,
  ): boolean {
    const { tools } = this.options;
    this.#searched = this.#held.length;
    if (end === undefined) return this.#held.length > maxHeld && this.#giveUp(parts);
    const call = read(this.#held.slice(0, end), tools);
    if (call === undefined || !tools.has(call.name)) return this.#giveUp(parts);
    this.#begin(parts, call);
    return this.#cut(end, "between");
  }

  /** After a call: another one, the mark after calls, or text. */
  #readBetween(): boolean {
    const { close } = this.options.format;
    if (this.#calls >= this.options.maxCalls) return this.#cut(0, "over");
    const rest = this.#held.replace(/^[\s,;\]]+/, "");
    if (rest === "" || (close.startsWith(rest) && close !== rest)) return false;
    const isClosed = close !== "" && rest.startsWith(close);
    this.#held = isClosed ? rest.slice(close.length) : rest;
    this.#mode = isClosed ? "text" : "opening";
    return true;
  }

  #begin(parts: ReadPart[], call: WholeCall): true {
    this.#doubtful = "";
    parts.push({ type: "call", index: this.#calls, ...call });
    this.#calls += 1;
    return true;
  }

  /** Goes on after `end`; false if nothing is left to read. */
  #cut(end: number, mode: Mode): boolean {
    [this.#held, this.#mode] = [this.#held.slice(end), mode];
    return this.#held !== "";
  }

  #giveUp(parts: ReadPart[]): true {
    if (this.#doubtful !== "") parts.push({ type: "text", text: this.#doubtful });
    [this.#doubtful, this.#mode] = ["", "text"];
    return true;
  }
}
