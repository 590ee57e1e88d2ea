// The forms of a running server: an alarm that people see, explain and close, with scripts and without.
//
// Each test starts `fidance serve` in a folder of its own, on free ports, sends it a shop whose customers order every
// other week until half of them stay away, and waits for the alarm.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import { SHOTS, expect, isSound, test as base } from "./visit";

const BINARY = (process.env.FIDANCE_E2E_SERVER ?? "target/release/fidance").split(" ")[0] ?? "";
const TOKEN = "a token of the tests";
const CUSTOMERS = 300;
const WEEKS = 73;
/** From here on, half of those who would come back stay away. */
const FALL = 66;
const FIRST = Date.UTC(2024, 0, 1, 10);
const DAY = 86_400_000;
const LEAK = { type: "data_breach", title: "The leak", disclosed: "2025-04-07" };

/** A server with an open alarm. */
class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    /** Where the console is. */
    readonly url: string,
    private readonly intake: string,
    private readonly key: string,
  ) {}

  static async start(): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "fidance-e2e-"));
    const sections = ["[intake]", 'listen = "127.0.0.1:0"', "[console]", 'listen = "127.0.0.1:0"', "[api]", `token = "${TOKEN}"`];
    writeFileSync(join(folder, "fidance.toml"), [...sections, "[alarm]", "years = 2", ""].join("\n"));
    const command = ["serve", "--config", "fidance.toml"];
    const process = spawn(resolve("..", BINARY), command, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const said = async (beginning: string): Promise<string> => {
      const line = (await lines.next()).value as string | undefined;
      if (!line?.startsWith(beginning)) throw new Error(`the server said ${line}`);
      return line.slice(beginning.length);
    };
    const intake = await said("Clients send to ");
    const opens = new URL(await said("The console opens once with "));
    const key = await said("The key of the source `default`, which is not shown again: ");
    return new Server(process, folder, opens.origin, intake, key);
  }

  /** A call of the API. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Sends the shop, and waits for the alarm on its returns. */
  async alarm(): Promise<string> {
    await this.api("PUT", "/api/v1/incidents/leak", LEAK);
    const orders = shop();
    for (let from = 0; from < orders.length; from += 1500) {
      const body = JSON.stringify({ batch: orders.slice(from, from + 1500), writeKey: this.key });
      const answer = await fetch(`${this.intake}/v1/batch`, { method: "POST", body });
      if (!answer.ok) throw new Error(`the shop was not taken: ${answer.status}`);
    }
    const found = async () => {
      const { items } = await this.api<{ items: { id: string; series: string }[] }>("GET", "/api/v1/alarms");
      return items.find(({ series }) => series === "returns")?.id;
    };
    await expect.poll(found, { timeout: 90_000 }).toBeDefined();
    return (await found()) ?? "";
  }

  /** The address that lets one browser in. */
  async link(): Promise<string> {
    return (await this.api<{ path: string }>("POST", "/api/v1/console-links")).path;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

/** Orders of every customer in every other week, by a generator that is the same in every run. */
function shop(): object[] {
  let state = 1;
  const chance = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const orders: object[] = [];
  for (let week = 0; week < WEEKS; week++) {
    for (let customer = 0; customer < CUSTOMERS; customer++) {
      if (chance() >= (week < FALL ? 0.5 : 0.25)) continue;
      const at = new Date(FIRST + (7 * week + (customer % 7)) * DAY).toISOString();
      const who = { messageId: `${customer}-${week}`, userId: `customer-${customer}`, timestamp: at };
      orders.push({ type: "track", event: "Order Completed", ...who, properties: { revenue: 20 } });
    }
  }
  return orders;
}

const test = base.extend<{ server: Server; alarm: string }>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },
  baseURL: async ({ server }, use) => use(server.url),
  alarm: async ({ server }, use) => use(await server.alarm()),
});
test.setTimeout(180_000);

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/said-${name}.png`, fullPage: true });
}

test("an alarm is seen, explained and closed", async ({ page, request, server, alarm, complaints }) => {
  // Whoever has not opened the link changes nothing.
  const refused = await request.post(`/alarm/${alarm}/close`, { headers: { "sec-fetch-site": "same-origin" } });
  expect(refused.status()).toBe(401);
  await page.goto(await server.link());
  await page.goto("/alarm?lang=en");
  const item = page.locator(".alarm").filter({ has: page.locator(`a[href*="${alarm}"]`) });
  await expect(item).toContainText("Nobody has said that they saw it.");
  await isSound(page);
  await item.getByRole("button", { name: "I have seen it" }).click();
  await expect(page).toHaveURL(new RegExp(`/alarm/${alarm}#said$`));
  const said = page.locator("#said");
  await expect(said).toContainText("Acknowledged");
  await expect(said).toContainText(/Seen at the console on \d+\s\w+\s\d{4}\sat\s\d\d:\d\d\./);
  await expect(said.getByRole("button", { name: "I have seen it" })).toHaveCount(0);

  // Nothing is named: it is said where, and nothing is lost.
  await said.getByRole("button", { name: "Save the explanation" }).click();
  await expect(said.getByRole("alert")).toContainText("choose an event, or write what explains the fall");
  await isSound(page);
  // The browser remarks on the status of the answer, which is right.
  expect(complaints.splice(0)).toEqual([expect.stringContaining("status of 422")]);

  await said.getByLabel("Event that explains it").selectOption("leak");
  await said.getByRole("textbox", { name: "Note" }).fill("It was in the papers.\nOn <b>Tuesday</b>.");
  await said.getByRole("button", { name: "Save the explanation" }).click();
  await expect(said).toContainText(/Explained by “The leak”, at the console on \d+\s\w+\s\d{4}\sat\s\d\d:\d\d\./);
  await expect(said.getByRole("blockquote")).toContainText("On <b>Tuesday</b>.");
  await expect(said.getByRole("alert")).toHaveCount(0);
  await isSound(page);
  await shot(page, "explained-en-1280");
  await page.setViewportSize({ width: 390, height: 844 });
  await isSound(page);
  await shot(page, "explained-en-390");

  // By the keyboard, from the note on.
  await said.getByRole("textbox", { name: "Note" }).focus();
  await page.keyboard.press("Tab");
  await expect(said.getByRole("button", { name: "Save the explanation" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(said).toContainText(/Closed at the console on \d+\s\w+\s\d{4}\sat\s\d\d:\d\d\./);
  await expect(said.getByRole("button", { name: "Close the alarm" })).toHaveCount(0);
  await isSound(page);
  await shot(page, "closed-en-390");
  // Asking for the page again sends nothing again.
  await page.reload();
  await expect(said.getByRole("alert")).toHaveCount(0);
  await page.goto("/alarm?lang=en");
  await expect(item).toContainText("Closed at the console on ");
  await isSound(page);
  await shot(page, "list-en-390");
  const kept = await server.api<{ state: string; closed_who: string }>("GET", `/api/v1/alarms/${alarm}`);
  expect([kept.state, kept.closed_who]).toEqual(["closed", "console"]);
});

/** As wide as the screen: without scripts axe cannot look. */
async function fits(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, "horizontal overflow").toBeLessThanOrEqual(0);
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });

  test("an alarm is seen, explained and closed on a phone, in French", async ({ page, server, alarm }) => {
    await page.goto(await server.link());
    await page.goto(`/alarm/${alarm}?lang=fr`);
    const said = page.locator("#said");
    await expect(said).toContainText("Personne n’a encore dit l’avoir vue.");
    await fits(page);
    await said.getByRole("button", { name: "Je l’ai vue" }).click();
    await expect(said).toContainText("Vue dans la console le ");
    await said.getByRole("textbox", { name: "Note" }).fill("Une grève de la poste.");
    await said.getByRole("button", { name: "Enregistrer l’explication" }).click();
    await expect(said).toContainText("Expliquée par la note, dans la console le ");
    await expect(said.getByRole("blockquote")).toHaveText("Une grève de la poste.");
    await fits(page);
    await shot(page, "explained-fr-390");
    await said.getByRole("button", { name: "Clore l’alerte" }).click();
    await expect(said).toContainText("Close dans la console le ");
    await fits(page);
    await shot(page, "closed-fr-390");
  });
});
