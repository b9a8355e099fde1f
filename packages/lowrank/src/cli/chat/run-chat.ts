// lowrank chat: a conversation in a terminal, or with a program, line by line.

import { appendFile } from "node:fs/promises";
import { LowrankError } from "@lowrank/contracts";
import { escapeControls } from "@lowrank/contracts/internal";
import { Chat } from "../../chat/chat.ts";
import type { TextEvent } from "../../generate/continue-prompts.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { withBase } from "../base-for.ts";
import { refuseOtherTasks } from "../open-model.ts";
import { namedAdapters } from "../options/named-adapters.ts";
import type { SamplingOptions } from "../options/sampling-options.ts";
import type { BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { withOpenModel } from "../start-engine.ts";
import { asFlags } from "../terminal/as-flags.ts";
import type { Report } from "../terminal/report.ts";
import { ChatAdapters, describeParts } from "./chat-adapters.ts";
import { type ChatInput, type ChatLine, chatHelp, type Part, parseChatLine, readChatLines } from "./chat-line.ts";

export interface ChatCommandOptions extends EngineOptions, BasePrecisionOptions, SamplingOptions {
  readonly model?: string;
  readonly adapter?: readonly string[];
  readonly allowDifferentBase?: boolean;
  readonly system?: string;
  readonly template?: string;
  readonly seed: number;
}

export async function runChat(options: ChatCommandOptions, report: Report): Promise<void> {
  const named = namedAdapters(options.adapter ?? []);
  const { model: path } = await withBase(omitUndefined({ model: options.model, adapter: named[0]?.adapter }), report);
  const { allowDifferentBase = false } = options;
  await withOpenModel({ ...options, model: path, adapter: undefined }, report, async (model) => {
    refuseOtherTasks(model.base, "A conversation");
    const voices = await ChatAdapters.attach(model, named, allowDifferentBase);
    const { system, template, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, seed } = options;
    const rules = { template, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, seed };
    const chat = new Chat(model, { ...rules, system, ...(await voices.choose(voices.first)) });
    try {
      await new Conversation(chat, voices, report).run();
    } finally {
      chat.dispose();
    }
  });
}

class Conversation {
  #stop: AbortController | undefined;

  constructor(
    private readonly chat: Chat,
    private readonly voices: ChatAdapters,
    private readonly report: Report,
  ) {}

  async run(): Promise<void> {
    const { report } = this;
    const input = readChatLines(report.io, () => this.#interrupt(input));
    const listening = report.io.onInterrupt(() => {
      this.#stop?.abort();
      input.close();
    });
    try {
      const { first } = this.voices;
      const speaker = first.length === 0 ? "The base answers" : `/adapter ${describeParts(first)} answers`;
      if (input.isTyped) report.note(`${speaker}. /help lists commands, Ctrl-C stops an answer, Ctrl-D ends.`);
      input.ask();
      for await (const line of input) {
        const parsed = parseChatLine(line);
        if (parsed.kind === "exit") return;
        await this.#doOrTell(parsed);
        input.ask();
      }
      if (input.isTyped) report.note(""); // Ctrl-D leaves the cursor behind "> "
    } finally {
      listening();
      input.close();
    }
  }

  /** Ctrl-C stops an answer that is being written; otherwise it prints how to end the program. */
  #interrupt(input: ChatInput): void {
    if (this.#stop !== undefined) {
      this.#stop.abort();
      return;
    }
    this.report.note("\n(Ctrl-D or /exit ends the conversation)");
    input.ask();
  }

  /** Handles a line. An error ends the turn, not the conversation. */
  async #doOrTell(line: ChatLine): Promise<void> {
    try {
      await this.#do(line);
    } catch (error) {
      if (!LowrankError.isInstance(error) && !isSystemError(error)) throw error;
      this.#tellMistake(error.message);
    }
  }

  async #do(line: ChatLine): Promise<void> {
    const { chat, report } = this;
    if (line.kind === "message") await this.#show((signal) => chat.send(line.text, { signal }));
    if (line.kind === "retry") await this.#show((signal) => chat.retry({ signal }));
    if (line.kind === "adapter") await this.#choose(line.parts);
    if (line.kind === "mistake") this.#tellMistake(line.message);
    if (line.kind === "system") {
      chat.system = line.text;
      report.emit({ type: "system", text: line.text });
    }
    if (line.kind === "clear") {
      chat.clear();
      report.emit({ type: "cleared" });
    }
    if (line.kind === "messages") {
      report.emit({ type: "messages", messages: chat.messages });
      for (const { role, content } of chat.messages) report.note(`${role}: ${escapeControls(content)}`);
    }
    if (line.kind === "save") {
      await appendFile(line.path, `${JSON.stringify({ messages: chat.messages })}\n`);
      report.note(`The conversation was added to "${line.path}".`);
      report.emit({ type: "saved", path: line.path });
    }
    if (line.kind === "help") for (const each of chatHelp) report.note(each);
  }

  async #show(answer: (signal: AbortSignal) => AsyncGenerator<TextEvent, void, undefined>): Promise<void> {
    const { report } = this;
    const stop = new AbortController();
    this.#stop = stop;
    try {
      for await (const event of answer(stop.signal)) {
        report.write(escapeControls(event.type === "token" ? event.text : `${event.rest}\n`));
        if (event.type === "token") {
          report.emit({ type: "token", id: event.id, text: event.text });
          continue;
        }
        const { text, reason, promptTokens, ids } = event;
        report.emit({ type: "answer", text, reason, promptTokens, newTokens: ids.length });
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      report.print();
      report.note("(stopped)");
      const last = this.chat.messages.at(-1);
      report.emit({ type: "answer", text: last?.role === "assistant" ? last.content : "", reason: "stopped" });
    } finally {
      this.#stop = undefined;
    }
  }

  async #choose(parts: readonly Part[]): Promise<void> {
    const { chat, report, voices } = this;
    if (parts.length === 0) {
      report.note(voices.names.join(", "));
      report.emit({ type: "adapters", adapters: voices.names });
      return;
    }
    chat.use(await voices.choose(parts));
    const [{ name, strength } = { name: "none", strength: 1 }, ...others] = parts;
    report.emit(others.length === 0 ? { type: "adapter", name, strength } : { type: "adapter", parts });
  }

  #tellMistake(message: string): void {
    const words = asFlags(message);
    this.report.note(this.report.colors.red(escapeControls(words)));
    this.report.emit({ type: "mistake", message: words });
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}
