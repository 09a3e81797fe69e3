// Strokes: a row of hints with a radius, about a radius apart.

import { element } from "./dom.js";
import { MOST, change, ownOf, pixelAt, revert, settle } from "./hints.js";
import { text } from "./language.js";
import { say } from "./notices.js";
import { sitting } from "./sitting.js";

/** The brush's radius in the photo's pixels. */
function radius() {
  const { width, height } = sitting.current;
  return Math.max(1, Math.round(element("brush-size").value / 1000 * Math.max(width, height)));
}

/** A tool that draws strokes of the colour that is asked for when one begins. */
export function brushOf(colourOf) {
  let stroke = null; // the hints before it, its own, and where the pointer was last

  function add(point) {
    const { before, row } = stroke;
    if (before.length + row.length >= MOST) {
      say(text("too-many-hints", { most: MOST }));
      return;
    }
    row.push({ ...pixelAt(point), colour: stroke.colour, radius: stroke.radius });
    stroke.last = point;
  }

  const tool = {
    begin(point) {
      stroke = { before: ownOf(sitting.current).hints, row: [], last: point, colour: colourOf(), radius: radius() };
      add(point);
      change({ hints: [...stroke.before, ...stroke.row] });
      return true;
    },
    move(points) {
      const count = stroke.row.length;
      for (const point of points) {
        for (;;) {
          const { last, radius: step } = stroke;
          const [dx, dy] = [point.x - last.x, point.y - last.y];
          const far = Math.hypot(dx, dy);
          if (far < step) break;
          add({ x: last.x + dx * step / far, y: last.y + dy * step / far });
          if (stroke.last === last) break; // there is no more room
        }
      }
      if (stroke.row.length > count) change({ hints: [...stroke.before, ...stroke.row] });
    },
    end() {
      settle();
      stroke = null;
    },
    cancel() {
      revert();
      stroke = null;
    },
    click(point) { // by a key
      tool.begin(point);
      tool.end();
    },
  };
  return tool;
}
