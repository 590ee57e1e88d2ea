// Every page, in both languages, on a desk and on a phone: sound, accessible, and as wide as the screen.

import AxeBuilder from "@axe-core/playwright";
import { LANGUAGES, PAGES, SHOTS, WIDTHS, chartsAreDrawn, expect, isSound, test } from "./visit";

for (const { path, name } of PAGES) {
  for (const language of LANGUAGES) {
    for (const width of WIDTHS) {
      test(`${name} in ${language} at ${width}`, async ({ page }) => {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${path}?lang=${language}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator("h1").first()).toBeVisible();
        await chartsAreDrawn(page);

        await isSound(page);

        if (!SHOTS) return;
        await page.screenshot({ path: `${SHOTS}/${name}-${language}-${width}.png`, fullPage: true });
        // The README shows what a person sees first.
        if (name === "barometer" && width === 1280) {
          const clip = { x: 0, y: 0, width, height: 1340 };
          await page.screenshot({ path: `${SHOTS}/${name}-${language}.png`, fullPage: true, clip });
        }
      });
    }
  }

  test(`${name} in the dark has the same contrast`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(path);
    await chartsAreDrawn(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-en-1280-dark.png`, fullPage: true });
  });

  test(`${name} fits 360 pixels`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${path}?lang=fr`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
