import { describe, expect, it } from "vitest";
import { planRound } from "./plan-round.ts";

const limits = { maxRows: 3, maxPositions: 100, maxPromptTokens: 20 };
const text = (promptTokens: number, maxNewTokens = 10) => ({ promptTokens, maxNewTokens });
const running = (promptTokens: number, isOver = false) => ({ ...text(promptTokens), isOver });

describe("planRound", () => {
  it("removes finished texts, and adds waiting ones up to the number of rows", () => {
    const state = { running: [running(5, true), running(5)], waiting: [text(5), text(5), text(5)] };
    expect(planRound(state, limits)).toEqual({ stay: [1], join: 2 });
  });

  it("reads no more prompts at one time than it may, padding counted, but always one", () => {
    expect(planRound({ running: [], waiting: [text(2), text(9), text(2)] }, limits).join).toBe(2);
    expect(planRound({ running: [running(1)], waiting: [text(25, 2)] }, limits).join).toBe(1);
  });

  it("holds no more positions than it may: rows times the longest that a text may become", () => {
    expect(planRound({ running: [running(40)], waiting: [text(2)] }, limits).join).toBe(1);
    expect(planRound({ running: [running(41)], waiting: [text(2)] }, limits).join).toBe(0);
  });

  it("runs a text alone if it needs more than the whole room, and lets no text overtake it", () => {
    const waiting = [text(10, 200), text(1, 1)];
    expect(planRound({ running: [running(1)], waiting }, limits).join).toBe(0);
    expect(planRound({ running: [running(1, true)], waiting }, limits)).toEqual({ stay: [], join: 1 });
  });
});
