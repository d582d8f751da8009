/**
 * For the `describe` that calls this, whose tests are steps that build on each other: after a red one the rest is red at once. (Mocha's own
 * `bail` leaves a suite out in silence when any other has failed before it.)
 */
export function stopAtFirstRed(): void {
  beforeEach(function () {
    const red = this.currentTest?.parent?.tests.find((test) => test.isFailed());
    if (red) throw new Error(`the step before it failed: ${red.title}`);
  });
}
