/** The square of a picture that is kept. Lengths are in pixels of the picture, `x` and `y` its corner. */
export interface Size {
  width: number;
  height: number;
}

export interface Square {
  x: number;
  y: number;
  side: number;
}

/** Closer than this nobody can be told apart any more. */
export const MOST_ZOOM = 4;

/** All of the shorter side, from the middle of the longer. */
export function middleOf({ width, height }: Size): Square {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, side };
}

/** Never beyond an edge of the picture. */
export function moved(square: Square, byX: number, byY: number, picture: Size): Square {
  return {
    x: within(square.x + byX, picture.width - square.side),
    y: within(square.y + byY, picture.height - square.side),
    side: square.side,
  };
}

/** The same middle as far as the edges allow. `zoom` 1 is as much of the picture as a square can hold. */
export function zoomed(square: Square, zoom: number, picture: Size): Square {
  const side = Math.min(picture.width, picture.height) / Math.min(MOST_ZOOM, Math.max(1, zoom));
  const grown = (square.side - side) / 2;
  return moved({ ...square, side }, grown, grown, picture);
}

function within(value: number, most: number): number {
  return Math.min(Math.max(0, most), Math.max(0, value));
}
