/**
 * A hand at the mouse and an eye at the screen, inside of the page: it moves once for each frame, so
 * what it counts is the frames that the page could draw while the hand was at work.
 */
(() => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const viewport = () => document.querySelector(".react-flow__viewport");
  const zoom = () => new DOMMatrix(getComputedStyle(viewport()).transform).a;

  function send(target, type, x, y, more = {}) {
    const options = { bubbles: true, cancelable: true, composed: true, view: window, clientX: x, clientY: y, ...more };
    const kind = type.startsWith("pointer") ? PointerEvent : type === "wheel" ? WheelEvent : MouseEvent;
    target.dispatchEvent(new kind(type, { pointerId: 1, isPrimary: true, ...options }));
  }

  /** Both kinds of events, as a browser sends them. */
  function mouse(target, what, x, y) {
    const buttons = what === "up" ? 0 : 1;
    send(target, `pointer${what}`, x, y, { buttons, button: what === "move" ? -1 : 0 });
    send(target, `mouse${what}`, x, y, { buttons });
  }

  /** Frames a second while `step` is done once for each. */
  async function count(milliseconds, step) {
    await frame();
    const began = performance.now();
    let frames = 0;
    while (performance.now() - began < milliseconds) {
      step(frames++);
      await frame();
    }
    return (frames * 1000) / (performance.now() - began);
  }

  /** To and fro, `reach` pixels far. */
  const swing = (at, reach) => Math.abs(((at * 8) % (2 * reach)) - reach);

  async function dragFrom(element, x, y, milliseconds) {
    mouse(element, "down", x, y);
    const rate = await count(milliseconds, (at) => mouse(element, "move", x + 5 + swing(at, 200), y + 5 + swing(at, 120)));
    mouse(element, "up", x, y);
    return rate;
  }

  window.hand = {
    zoom,
    /** Turns the wheel until one unit of the graph is `wanted` pixels. */
    async zoomTo(wanted) {
      for (let times = 0; times < 40 && Math.abs(zoom() / wanted - 1) > 0.01; times++) {
        send(document.querySelector(".react-flow__pane"), "wheel", 640, 450, { deltaY: -Math.log2(wanted / zoom()) / 0.002 });
        await frame();
        await frame();
      }
      return zoom();
    },
    pan(milliseconds) {
      const pane = document.querySelector(".react-flow__pane");
      const free = freePoint();
      return dragFrom(pane, ...free, milliseconds);
    },
    zooming(milliseconds) {
      const pane = document.querySelector(".react-flow__pane");
      return count(milliseconds, (at) => send(pane, "wheel", 640, 450, { deltaY: at % 40 < 20 ? 12 : -12 }));
    },
    drag(milliseconds) {
      const node = [...document.querySelectorAll(".react-flow__node")].find((one) => {
        const { x, y, right, bottom } = one.getBoundingClientRect();
        return x > 300 && y > 150 && right < 1000 && bottom < 800;
      });
      if (!node) throw new Error(`no node in the middle of ${document.querySelectorAll(".react-flow__node").length}`);
      const { x, y } = node.getBoundingClientRect();
      return dragFrom(node, x + 60, y + 20, milliseconds);
    },
    async frames(milliseconds) {
      return count(milliseconds, () => {});
    },
  };

  /** A place on the pane where there is nothing. */
  function freePoint() {
    for (let y = 400; y < 700; y += 7) {
      for (let x = 400; x < 900; x += 7) {
        if (document.elementFromPoint(x, y)?.classList.contains("react-flow__pane")) return [x, y];
      }
    }
    return [600, 450];
  }
})();
