// Reads the calls of tools in an answer while it is written. A call must name a tool of the request; everything else stays text, so
// that no client gets a call of a tool that it does not have.

import { begunBy } from "../answers/written-choice.ts";
import { BracketSpan } from "./bracket-span.ts";
import type { ToolFormat } from "./tool-formats.ts";
import { type ArgumentSchemas, jsonCall, type WholeCall, xmlCall } from "./whole-call.ts";

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

/** A call that is sent only when it is complete. */
type Whole = "object" | "xml";
const readers = { object: jsonCall, xml: xmlCall };
const xmlEnd = "</function>";
/** Longer ones are text, so that reading takes time in proportion to the answer's length. */
const maxHeld = 32_768;

/** The beginning of a call in JSON, if its arguments are an object and come last. They are sent while they are written. */
const head =
  /^\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"([^"\\]{1,64})"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)/;
const maxHead = 300;

export class CallReader {
  /** The state: in text, after a mark, in a call that is sent when complete, in streamed arguments, behind them, or after a call. */
  #mode: "text" | "opening" | Whole | "arguments" | "tail" | "between";
  /** Text that is not sent yet. */
  #held = "";
  /** The mark of a call that may still turn out to be text. */
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
    while (this.#held !== "" && this.#advance(parts));
    return parts;
  }

  /** The rest, after the answer's last piece. */
  end(): readonly ReadPart[] {
    const isCall = this.#mode === "arguments" || this.#mode === "tail" || this.#mode === "between";
    const text = isCall ? "" : this.#doubtful + this.#held;
    return text === "" ? [] : [{ type: "text", text }];
  }

  /** Whether there may be more to read in what is held. */
  #advance(parts: ReadPart[]): boolean {
    if (this.#mode === "text") return this.#readText(parts);
    if (this.#mode === "opening") return this.#readOpening(parts);
    if (this.#mode === "between") return this.#readBetween();
    if (this.#mode !== "arguments" && this.#mode !== "tail") return this.#readWhole(parts, this.#mode);
    const end = this.#span.end(this.#held) ?? this.#held.length;
    if (this.#mode === "arguments") this.#send(parts, { arguments: this.#held.slice(0, end) });
    if (this.#span.isOver) {
      this.#mode = this.#mode === "tail" || this.#isNamed ? "between" : "tail";
      this.#span = new BracketSpan(1);
    }
    this.#held = this.#held.slice(end);
    return true;
  }

  #readText(parts: ReadPart[]): boolean {
    const marks = this.options.format.open.filter((mark) => this.#held.includes(mark));
    const [first] = marks.sort((one, other) => this.#held.indexOf(one) - this.#held.indexOf(other));
    const kept = Math.max(0, ...this.options.format.open.map((mark) => begunBy(this.#held, mark)));
    const end = first === undefined ? this.#held.length - kept : this.#held.indexOf(first);
    if (end > 0) parts.push({ type: "text", text: this.#held.slice(0, end) });
    this.#held = this.#held.slice(end + (first?.length ?? 0));
    if (first !== undefined) [this.#doubtful, this.#mode] = [first, "opening"];
    return first !== undefined;
  }

  /** After a mark, or at the start of an answer: is this a call? */
  #readOpening(parts: ReadPart[]): boolean {
    const { format, tools } = this.options;
    const whole = this.#held.trimStart();
    if (format.open.some((mark) => whole.startsWith(mark))) return this.#giveUp(parts);
    const rest = this.#held.replace(/^[\s[]+/, "");
    const begin = (mode: Whole): true => {
      this.#doubtful += this.#held.slice(0, this.#held.length - rest.length);
      [this.#held, this.#mode, this.#searched, this.#span] = [rest, mode, 0, new BracketSpan()];
      return true;
    };
    if (rest.startsWith("{")) return begin("object");
    if (rest.startsWith("<function=")) return begin("xml");
    for (const name of tools.keys()) {
      if (!rest.startsWith(name)) continue;
      const [before] = /^\s*(?:\[ARGS\]\s*)?\{/.exec(rest.slice(name.length, name.length + 32)) ?? [];
      if (before === undefined) continue;
      this.#isNamed = true;
      return this.#beginArguments(parts, name, rest.slice(name.length + before.length - 1));
    }
    const starts = ["<function=", ...[...tools.keys()].map((name) => `${name}[ARGS]`)];
    const isBegun =
      starts.some((start) => start.startsWith(rest.trimEnd())) || format.open.some((mark) => mark.startsWith(whole));
    return (!isBegun || this.#held.length > maxHead) && this.#giveUp(parts);
  }

  #readWhole(parts: ReadPart[], mode: Whole): boolean {
    const { tools } = this.options;
    const [matched, name = ""] = (mode === "object" && head.exec(this.#held.slice(0, maxHead))) || [];
    if (matched !== undefined && tools.has(name)) {
      this.#isNamed = false;
      return this.#beginArguments(parts, name, this.#held.slice(matched.length));
    }
    const found = mode === "xml" ? this.#held.indexOf(xmlEnd, this.#searched - xmlEnd.length) : -1;
    const end =
      found >= 0 ? found + xmlEnd.length : mode === "xml" ? undefined : this.#span.end(this.#held, this.#searched);
    this.#searched = this.#held.length;
    if (end === undefined) return this.#held.length > maxHeld && this.#giveUp(parts);
    const call = readers[mode](this.#held.slice(0, end), tools);
    if (call === undefined || !tools.has(call.name)) return this.#giveUp(parts);
    this.#send(parts, call);
    [this.#held, this.#mode] = [this.#held.slice(end), "between"];
    return true;
  }

  /** After a call: another one, the mark after calls, or text. */
  #readBetween(): boolean {
    const { close } = this.options.format;
    const rest = this.#held.replace(/^[\s,;\]]+/, "");
    const isLast = this.#calls >= this.options.maxCalls;
    this.#held = isLast ? "" : rest;
    if (rest === "" || isLast || (close.startsWith(rest) && close !== rest)) return false;
    if (close !== "" && rest.startsWith(close)) this.#held = rest.slice(close.length);
    else this.#mode = "opening";
    return true;
  }

  #beginArguments(parts: ReadPart[], name: string, rest: string): true {
    this.#send(parts, { name, arguments: "" });
    [this.#held, this.#mode, this.#span] = [rest, "arguments", new BracketSpan()];
    return true;
  }

  #send(parts: ReadPart[], piece: WholeCall | Pick<WholeCall, "arguments">): void {
    this.#doubtful = "";
    if ("name" in piece) this.#calls += 1;
    parts.push({ type: "call", index: this.#calls - 1, ...piece });
  }

  #giveUp(parts: ReadPart[]): true {
    if (this.#doubtful !== "") parts.push({ type: "text", text: this.#doubtful });
    [this.#doubtful, this.#mode] = ["", "text"];
    return true;
  }
}
