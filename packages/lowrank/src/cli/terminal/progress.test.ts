import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { screen } from "../end-to-end/screen.ts";
import { startProgress } from "./progress.ts";
import { createReport } from "./report.ts";

const memory = () => 412_300_000;
const step = (step: number) => ({ step, loss: 4.3931, tokensPerSecond: 16_801, secondsLeft: 3 });

/** A report whose two streams are one terminal. */
function terminal(columns: number) {
  const { write, rows } = screen(columns);
  const { io } = recordingIo({ stdout: write, stderr: write, terminal: { columns } });
  return { report: createReport(io, {}), press: () => write("^C"), rows };
}

describe.each([40, 80, 100])("progress on a terminal of %i columns", (columns) => {
  it("stays below validation, its count, warnings and results, each on separate lines", async () => {
    const { report, rows } = terminal(columns);
    let now = 0;
    const progress = startProgress(report, { total: 4, clock: () => now, memory });
    const measure = async (at: number) => {
      const count = report.count?.({ what: "validation rows", total: 20 });
      count?.add(10);
      expect((await rows()).at(-1)).toBe("  validation rows 10/20");
      count?.stop();
      report.note(`  step ${at}  validation loss 4.2`);
      expect((await rows()).at(-1)).toMatch(/^ {2}[█░]+ /);
    };
    for (const made of [1, 2, 3, 4]) {
      now += 60;
      progress.update(step(made));
      if (made === 2) report.warn({ code: "X", message: "look" });
      if (made % 2 === 0) await measure(made);
    }
    progress.stop();
    report.print("loss of the last step  4.3931");
    const facts = " 4/4  loss 4.3931  16801 tokens/s  3.0 s left  412.3 MB";
    const full = "█".repeat(Math.min(28, Math.max(8, columns - 5 - facts.length)));
    const bar = `  ${full}${facts}`.slice(0, columns - 3);
    expect(await rows()).toEqual([
      "warning: look",
      "  step 2  validation loss 4.2",
      "  step 4  validation loss 4.2",
      bar,
      "loss of the last step  4.3931",
      "",
    ]);
  });

  it("leaves nothing of itself after a message of an interruption", async () => {
    const { report, press, rows } = terminal(columns);
    const progress = startProgress(report, { total: 4, first: 1 });
    press();
    report.note("finishing this step");
    expect((await rows())[0]).toBe("finishing this step");
    progress.stop();
    expect(await rows()).toHaveLength(3);
  });
});

it("is a line now and then without a terminal", () => {
  const { io, stderr } = recordingIo();
  const progress = startProgress(createReport(io, {}), { total: 20, memory });
  for (let made = 1; made <= 20; made++) progress.update(step(made));
  progress.stop();
  expect(stderr().split("\n")).toHaveLength(11);
  expect(stderr()).toContain("  step 2/20  loss 4.3931  16801 tokens/s  3.0 s left  412.3 MB\n");
});

it("fits into 80 columns with all its values, however long the run is", async () => {
  const { report, rows } = terminal(80);
  const progress = startProgress(report, { total: 12_345, first: 1234, clock: () => 0, memory: () => 12.3e9 });
  progress.update({ step: 1234, loss: 4.3931, tokensPerSecond: 16_801, secondsLeft: 3599 });
  progress.stop();
  expect((await rows())[0]).toMatch(
    /^ {2}[█░]{8} 1234\/12345 {2}loss 4.3931 {2}16801 tokens\/s {2}59 min 59 s left {2}12.3 GB$/,
  );
});

it("shows the mean of the last steps, in which a single batch counts little", () => {
  const { io, stderr } = recordingIo();
  const progress = startProgress(createReport(io, {}), { total: 10, memory });
  for (let made = 1; made <= 10; made++) progress.update({ ...step(made), loss: made === 10 ? 12 : 2 });
  const told = [...stderr().matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
  expect(told[8]).toBe(2);
  expect(told[9]).toBeGreaterThan(2);
  expect(told[9]).toBeLessThan(4);
});

it("shows the reward of a step instead of its loss, with the parts that say something", () => {
  const { io, stderr } = recordingIo();
  const progress = startProgress(createReport(io, {}), { total: 2, memory });
  const some = { reward: 0.421, rewardStd: 0.2, completionLength: 34.2, truncatedShare: 0, equalGroups: 0 };
  progress.update({ ...step(1), metrics: some });
  const all = { ...some, "reward/json": 0.8, "reward/short": -1, truncatedShare: 0.031, kl: 0.012, equalGroups: 2 };
  progress.update({ ...step(2), metrics: all });
  const rest = "16801 tokens/s  3.0 s left  412.3 MB\n";
  expect(stderr()).toBe(
    `  step 1/2  reward 0.42 ± 0.20  length 34  ${rest}` +
      `  step 2/2  reward 0.42 ± 0.20 (json 0.80, short -1.00)  length 34  truncated 3 %  KL 0.012  equal groups 2  ${rest}`,
  );
});
