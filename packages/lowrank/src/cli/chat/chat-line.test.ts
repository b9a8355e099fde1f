import { describe, expect, it } from "vitest";
import { chatCommands, chatHelp, parseChatLine } from "./chat-line.ts";

describe("parseChatLine", () => {
  it.each([
    ["  Hello there ", { kind: "message", text: "Hello there" }],
    ["//etc is a folder", { kind: "message", text: "/etc is a folder" }],
    ["", { kind: "nothing" }],
    ["/adapter", { kind: "adapter", parts: [] }],
    ["/adapter pirate", { kind: "adapter", parts: [{ name: "pirate", strength: 1 }] }],
    ["/adapter pirate 0.7", { kind: "adapter", parts: [{ name: "pirate", strength: 0.7 }] }],
    [
      "/adapter a 0.7 2 b -1",
      {
        kind: "adapter",
        parts: [
          { name: "a", strength: 0.7 },
          { name: "2", strength: 1 },
          { name: "b", strength: -1 },
        ],
      },
    ],
    ["/system You are  a pirate.", { kind: "system", text: "You are  a pirate." }],
    ["/save a talk.jsonl", { kind: "save", path: "a talk.jsonl" }],
    ["/quit", { kind: "exit" }],
  ])("reads %j", (line, expected) => {
    expect(parseChatLine(line)).toEqual(expected);
  });

  it.each(["/save", "/hlep"])("finds the mistake in %j", (line) => {
    expect(parseChatLine(line).kind).toBe("mistake");
  });

  it("knows every command that help lists", () => {
    for (const command of Object.keys(chatCommands)) {
      const line = command.replace(/ .*$/, " talk.jsonl");
      expect(parseChatLine(line).kind).not.toBe("mistake");
    }
  });

  it("has a help that fits a terminal of 80 columns", () => {
    for (const line of chatHelp) expect(line.length, line).toBeLessThan(80);
  });
});
