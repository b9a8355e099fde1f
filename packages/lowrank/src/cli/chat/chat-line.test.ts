import { describe, expect, it } from "vitest";
import { chatCommands, parseChatLine } from "./chat-line.ts";

describe("parseChatLine", () => {
  it.each([
    ["  Hello there ", { kind: "say", text: "Hello there" }],
    ["//etc is a folder", { kind: "say", text: "/etc is a folder" }],
    ["", { kind: "nothing" }],
    ["/adapter", { kind: "adapter" }],
    ["/adapter pirate", { kind: "adapter", name: "pirate" }],
    ["/adapter pirate 0.7", { kind: "adapter", name: "pirate", strength: 0.7 }],
    ["/system You are  a pirate.", { kind: "system", text: "You are  a pirate." }],
    ["/save a talk.jsonl", { kind: "save", path: "a talk.jsonl" }],
    ["/quit", { kind: "exit" }],
  ])("reads %j", (line, expected) => {
    expect(parseChatLine(line)).toEqual(expected);
  });

  it.each(["/adapter a b", "/adapter a 1 2", "/save", "/hlep"])("finds the mistake in %j", (line) => {
    expect(parseChatLine(line).kind).toBe("mistake");
  });

  it("knows every command that help lists", () => {
    for (const command of Object.keys(chatCommands)) {
      const line = command.replace(/ .*$/, " talk.jsonl");
      expect(parseChatLine(line).kind).not.toBe("mistake");
    }
  });
});
