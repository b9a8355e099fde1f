import base from "./vitest.config.ts";
import { defineConfig } from "vitest/config";
const b: any = base;
export default defineConfig({ ...b, test: { ...b.test, projects: [{ extends: false, resolve: b.resolve, ssr: b.ssr, test: { pool: "forks", execArgv: ["--conditions=lowrank-source"], name: "commands", include: ["packages/lowrank/src/cli/end-to-end/*.test.ts"], isolate: false, testTimeout: 240000, hookTimeout: 240000, maxWorkers: 1 } }] } });
