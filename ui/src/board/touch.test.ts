import { afterEach, beforeEach, expect, it } from "vitest";
import { type Hold, Touch } from "./touch";

let root: HTMLElement;
let touch: Touch;
let any: number;
let stop: () => void;
let clock: number;

beforeEach(() => {
  root = document.createElement("div");
  document.body.append(root);
  any = 0;
  clock = 10_000;
  touch = new Touch(
    () => 4,
    () => (any += 1),
  );
  stop = touch.listen(root);
});

afterEach(() => {
  stop();
  root.remove();
});

it("acts when the finger comes down, with what was there then", () => {
  const [acted, element] = [[] as string[], button()];
  let card = "table 12";
  touch.down(() => {
    const meant = card;
    return {
      run: () => {
        // The board moves while the act runs: what was meant does not.
        card = "table 9";
        acted.push(meant);
      },
    };
  })(element);
  mouse(element, 5, 5);
  mouse(element, 5, 5, "pointerup");
  click(element, 1);
  expect(acted).toEqual(["table 12"]);
});

it("what scrolls acts on click, with what was there when the finger came down", () => {
  const [acted, element] = [[] as string[], button()];
  let row = "table 12";
  touch.click(() => {
    const meant = row;
    return { run: () => void acted.push(meant) };
  })(element);
  mouse(element, 5, 5);
  expect(acted).toEqual([]);
  row = "table 9";
  click(element, 1);
  expect(acted).toEqual(["table 12"]);
});

it("a finger that came down elsewhere and rose here presses nothing", () => {
  const [acted, here, there] = [[] as string[], button(), button()];
  touch.click(() => ({ run: () => void acted.push("here") }))(here);
  mouse(there, 50, 50);
  click(here, 1);
  expect(acted).toEqual([]);
});

it("a key on a focused button is a press of what is there now", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("key") }))(element);
  click(element, 0);
  expect(acted).toEqual(["key"]);
});

it("a wet finger that bounces does not bump the ticket that moved under it", () => {
  const [acted, first, second] = [[] as string[], button(), button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("first") }))(first);
  touch.down(() => ({ bounces: true, run: () => void acted.push("second") }))(second);
  mouse(first, 100, 100);
  clock += 120;
  mouse(second, 104, 98);
  expect(acted).toEqual(["first"]);
  clock += 300;
  mouse(second, 104, 98);
  expect(acted).toEqual(["first", "second"]);
});

it("what came under the finger unseen is not pressed", () => {
  stop();
  let unseen = true;
  touch = new Touch(
    () => 4,
    () => undefined,
    () => unseen,
  );
  stop = touch.listen(root);
  const [acted, bump] = [[] as string[], button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("bump") }))(bump);
  mouse(bump, 100, 100);
  expect(acted).toEqual([]);
  // It was no touch: the next one at the same spot is no bounce of it.
  unseen = false;
  clock += 100;
  mouse(bump, 100, 100);
  expect(acted).toEqual(["bump"]);
});

it("two quick touches at different places are two, and so are two quick turns of a page", () => {
  const [acted, element] = [[] as string[], button()];
  let bounces = true;
  touch.down(() => ({ bounces, run: () => void acted.push("act") }))(element);
  mouse(element, 100, 100);
  clock += 30;
  mouse(element, 300, 100);
  expect(acted.length).toBe(2);
  bounces = false;
  clock += 30;
  mouse(element, 300, 100);
  expect(acted.length).toBe(3);
});

it("several fingers at once each press their own", () => {
  const [acted, first, second] = [[] as string[], button(), button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("first") }))(first);
  touch.down(() => ({ bounces: true, run: () => void acted.push("second") }))(second);
  fingers([first, 10, 10], [second, 200, 10]);
  expect(acted).toEqual(["first", "second"]);
});

it("a touch that comes as touch and as pointer event is one touch", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("once") }))(element);
  pointer(element, 10, 10, "touch");
  fingers([element, 10, 10]);
  expect(acted).toEqual(["once"]);
});

it("the mouse that the web view makes of a touch is nobody's press", () => {
  const [acted, element, moved] = [[] as string[], button(), button()];
  touch.down(() => ({ run: () => void acted.push("meant") }))(element);
  touch.down(() => ({ run: () => void acted.push("moved here") }))(moved);
  const event = fingers([element, 10, 10]);
  expect(event.defaultPrevented).toBe(true);
  clock += 200;
  mouse(moved, 10, 10);
  expect(acted).toEqual(["meant"]);
  clock += 1000;
  mouse(moved, 10, 10);
  expect(acted).toEqual(["meant", "moved here"]);
});

it("a touch of a list is left to scroll", () => {
  root.setAttribute("data-scroll", "");
  expect(fingers([button(), 1, 1]).defaultPrevented).toBe(false);
});

it("other mouse buttons and disabled controls do nothing, but every finger is noticed", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("act") }))(element);
  pointer(element, 1, 1, "mouse", 2);
  expect(any).toBe(0);
  element.disabled = true;
  mouse(element, 1, 1);
  expect(acted).toEqual([]);
  expect(any).toBe(1);
});

it("what is held is held until its own finger rises, wherever that is by then", () => {
  const [told, element, elsewhere] = [[] as string[], button(), button()];
  touch.hold(() => holding(told))(element);
  fingers([element, 10, 10, 3], [elsewhere, 90, 90, 4]);
  expect(told).toEqual(["begin"]);
  // It slides off, and another finger rises.
  lift(elsewhere, 4);
  lift(element, 4);
  mouse(elsewhere, 90, 90, "pointerup");
  expect(told).toEqual(["begin"]);
  // What it lay on leaves the page.
  element.remove();
  lift(element, 3);
  lift(element, 3);
  expect(told).toEqual(["begin", "end"]);
});

it("a touch that the web view takes away ends what was held, and so does the end of listening", () => {
  const [told, element] = [[] as string[], button()];
  touch.hold(() => holding(told))(element);
  fingers([element, 10, 10, 1]);
  lift(element, 1, "touchcancel");
  expect(told.splice(0)).toEqual(["begin", "end"]);
  clock += 1_000;
  mouse(element, 10, 10);
  pointer(element, 10, 10, "mouse", 0, "pointercancel");
  expect(told.splice(0)).toEqual(["begin", "end"]);
  mouse(element, 10, 10);
  stop();
  expect(told).toEqual(["begin", "end"]);
});

it("held by mouse or by a pointer that is a touch as well, it begins and ends once", () => {
  const [told, element] = [[] as string[], button()];
  touch.hold(() => holding(told))(element);
  mouse(element, 10, 10);
  mouse(root, 400, 300, "pointerup");
  click(element, 1);
  expect(told.splice(0)).toEqual(["begin", "end"]);
  pointer(element, 10, 10, "touch");
  fingers([element, 10, 10, 0]);
  pointer(element, 10, 10, "touch", 0, "pointerup");
  lift(element, 0);
  expect(told).toEqual(["begin", "end"]);
});

it("no mouse is made of a long hold, on a sheet neither, and a key's press is a click of its own", () => {
  const [told, element] = [[] as string[], button()];
  touch.hold(() => holding(told))(element);
  root.setAttribute("data-scroll", "");
  expect(fingers([element, 10, 10, 0]).defaultPrevented).toBe(true);
  clock += 5_000;
  lift(element, 0);
  clock += 300;
  mouse(element, 10, 10);
  expect(told.splice(0)).toEqual(["begin", "end"]);
  click(element, 0);
  expect(told).toEqual(["click"]);
});

function holding(told: string[]): Hold {
  return {
    begin: () => void told.push("begin"),
    end: () => void told.push("end"),
    click: () => void told.push("click"),
  };
}

function button(): HTMLButtonElement {
  const element = document.createElement("button");
  root.append(element);
  return element;
}

function mouse(target: Element, x: number, y: number, type = "pointerdown"): void {
  pointer(target, x, y, "mouse", 0, type);
}

function pointer(
  target: Element,
  x: number,
  y: number,
  pointerType: string,
  which = 0,
  type = "pointerdown",
): void {
  const event = new PointerEvent(type, { bubbles: true, clientX: x, clientY: y, pointerType, button: which });
  send(target, event);
}

function click(target: Element, detail: number): void {
  send(target, new MouseEvent("click", { bubbles: true, detail }));
}

function fingers(...touches: [target: Element, x: number, y: number, identifier?: number][]): Event {
  const changedTouches = touches.map(([target, clientX, clientY, identifier = 0]) => {
    return { target, clientX, clientY, identifier };
  });
  return touching("touchstart", touches[0]![0], changedTouches);
}

function lift(target: Element, identifier: number, type = "touchend"): void {
  touching(type, target, [{ target, identifier }]);
}

function touching(type: string, target: Element, changedTouches: object[]): Event {
  const event = new Event(type, { bubbles: true, cancelable: true });
  Object.defineProperty(event, "changedTouches", { value: changedTouches });
  return send(target, event);
}

function send(target: Element, event: Event): Event {
  Object.defineProperty(event, "timeStamp", { value: clock });
  target.dispatchEvent(event);
  return event;
}
