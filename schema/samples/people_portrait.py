"""Draws a small grey face (80x100), has `cwebp` turn it into 600 to 800 bytes of WEBP, and `cjpeg` into
a JPEG, the only medium that ISO/IEC 18013-5 admits in a driving licence.

The face is a stack of soft-edged shapes; who it is comes from a random.Random of the person.
600 to 640 bytes is what leaves room for names in local scripts in a version 25-M symbol.
"""
import math
import subprocess

WIDTH, HEIGHT = 80, 100
LEAST, WANTED, MOST = 600, 640, 800
SOFT = 0.9  # width of an edge in pixels


class Canvas:
    def __init__(self, top, bottom):
        self.px = [[top + (bottom - top) * y / HEIGHT for _ in range(WIDTH)] for y in range(HEIGHT)]

    def paint(self, box, distance, grey):
        """Blend grey where distance(x, y) < 0, with an edge SOFT wide; box bounds the work."""
        x0, y0, x1, y1 = box
        for y in range(max(0, int(y0)), min(HEIGHT, int(y1) + 1)):
            row = self.px[y]
            for x in range(max(0, int(x0)), min(WIDTH, int(x1) + 1)):
                d = distance(x + 0.5, y + 0.5)
                if d < SOFT:
                    a = 1.0 if d <= -SOFT else (SOFT - d) / (2 * SOFT)
                    shade = grey(x, y) if callable(grey) else grey
                    row[x] += (shade - row[x]) * a

    def ellipse(self, cx, cy, rx, ry, grey, keep=None):
        """keep: lowest and highest y that is painted"""
        low, high = keep or (-1, HEIGHT + 1)

        def distance(x, y):
            k = math.hypot((x - cx) / rx, (y - cy) / ry)
            return max((k - 1) * min(rx, ry), low - y, y - high)
        self.paint((cx - rx - 2, cy - ry - 2, cx + rx + 2, cy + ry + 2), distance, grey)

    def ring(self, cx, cy, rx, ry, width, grey):
        def distance(x, y):
            return abs(math.hypot((x - cx) / rx, (y - cy) / ry) - 1) * min(rx, ry) - width / 2
        self.paint((cx - rx - 3, cy - ry - 3, cx + rx + 3, cy + ry + 3), distance, grey)

    def line(self, xa, ya, xb, yb, width, grey):
        ux, uy = xb - xa, yb - ya
        n = ux * ux + uy * uy or 1.0

        def distance(x, y):
            t = min(1.0, max(0.0, ((x - xa) * ux + (y - ya) * uy) / n))
            return math.hypot(x - xa - t * ux, y - ya - t * uy) - width / 2
        self.paint((min(xa, xb) - 3, min(ya, yb) - 3, max(xa, xb) + 3, max(ya, yb) + 3), distance, grey)

    def curve(self, cx, cy, half, bend, width, grey):
        """A shallow arc: a smile (bend > 0), a brow (bend < 0)."""
        last = None
        for i in range(7):
            t = i / 3 - 1
            here = (cx + t * half, cy + bend * (1 - t * t))
            if last:
                self.line(*last, *here, width, grey)
            last = here

    def pgm(self):
        data = bytes(min(255, max(0, round(v))) for row in self.px for v in row)
        return b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) + data


def draw(rng, sex, age):
    u = rng.uniform
    back = u(175, 235)
    c = Canvas(back, back - u(0, 30))
    skin, hair = u(140, 205), u(20, 70)
    if age > 50:
        hair += min(120, (age - 50) * u(2, 5))
    cx, cy, rx, ry = 40 + u(-1.5, 1.5), 49 + u(-2, 2), u(17, 21), u(23, 27)
    scarf = sex == 2 and rng.random() < 0.22
    cloth = u(40, 150)
    style = rng.choice(["long", "long", "bob", "bun"] if sex == 2 else ["short", "short", "side", "crop", "bald"])

    # behind the face
    if scarf:
        c.ellipse(cx, cy + 4, rx + 10, ry + 13, cloth)
    elif style == "long":
        c.ellipse(cx, cy + 8, rx + 7, ry + 14, hair)
    elif style == "bob":
        c.ellipse(cx, cy - 2, rx + 7, ry + 6, hair)
    elif style == "bun":
        c.ellipse(cx, cy - ry - 3, 8, 7, hair)
    c.ellipse(cx, 106, u(33, 38), u(24, 28), cloth)
    if not scarf:
        c.ellipse(cx, cy + ry, rx * 0.5, 14, skin - 18)
        c.ellipse(cx, cy + ry + 14, rx * 0.5, 4, skin - 18)
        for side in (-1, 1):
            c.ellipse(cx + side * (rx + 0.5), cy + 1, 3.2, 5.5, skin - 12)

    # the face, lit from one side
    tilt = u(-0.9, 0.9)
    c.ellipse(cx, cy, rx, ry, lambda x, y: skin + (x - cx) * tilt - (y - cy) * 0.25)
    c.ellipse(cx, cy + ry * 0.42, rx * 0.82, ry * 0.55, skin - 2)
    hairline = cy - ry * u(0.42, 0.62)
    if scarf:
        c.ring(cx, cy, rx + 1.5, ry + 1.5, 5, cloth - 14)
    elif style == "bald":
        c.ellipse(cx - rx * 0.4, cy - ry * 0.7, 4, 3, skin + 22)
    else:
        lift = {"crop": 2, "short": 4, "side": 5}.get(style, 4)
        c.ellipse(cx, cy - 2, rx + 2, ry + lift, hair, keep=(-1, hairline))
        if style in ("side", "long"):
            c.ellipse(cx - rx * 0.45, hairline, rx * 0.75, 5, hair)
        elif style in ("bob", "bun"):
            c.ellipse(cx, hairline, rx * 0.9, 3, hair)

    # features
    eye_y, gap, size = cy - ry * u(0.06, 0.14), rx * u(0.40, 0.48), u(1.9, 2.7)
    brow = hair if hair < 120 else 90
    for side in (-1, 1):
        x = cx + side * gap
        c.ellipse(x, eye_y, size * 1.6, size * 0.95, 232)
        c.ellipse(x + u(-0.3, 0.3), eye_y, size * 0.75, size * 0.85, 25)
        c.curve(x, eye_y - size - u(1.8, 3), size * 1.7, -u(0.5, 1.6), u(1.0, 2.2), brow)
    nose = u(6, 9)
    c.line(cx + 0.5, eye_y + 2, cx + u(1, 2.4), eye_y + nose, 1.2, skin - 28)
    c.curve(cx, eye_y + nose + 0.5, u(2.4, 3.6), u(0.4, 1.2), 1.4, skin - 45)
    mouth = cy + ry * u(0.46, 0.54)
    c.curve(cx, mouth, u(5, 7.5), u(-0.4, 2.6), u(1.5, 2.8), skin - u(55, 85))
    if sex == 1 and age > 18 and rng.random() < 0.3:
        c.curve(cx, mouth - 3, u(5, 7), -u(0.5, 1.2), u(1.5, 2.6), hair)
        if rng.random() < 0.5:
            c.ellipse(cx, cy + ry - 3, u(5, 9), u(3, 6), hair + 15)
    if age > 45:
        for side in (-1, 1):
            c.line(cx + side * rx * 0.3, mouth - 6, cx + side * rx * 0.46, mouth - 1, 0.9, skin - 24)
        c.curve(cx, hairline + 4, rx * 0.5, -0.7, 0.8, skin - 18)
    if rng.random() < (0.22 if age < 45 else 0.45):
        rim = u(15, 80)
        for side in (-1, 1):
            c.ring(cx + side * gap, eye_y + 0.5, u(5.2, 5.8), u(4.2, 5.2), 1.3, rim)
        c.line(cx - gap + 5, eye_y - 0.5, cx + gap - 5, eye_y - 0.5, 1.2, rim)
    if rng.random() < 0.1:
        c.ellipse(cx + u(-9, 9), cy + u(6, 14), 1.1, 1.1, 50)
    return c.pgm()


def cwebp(pgm, quality):
    run = subprocess.run(["cwebp", "-quiet", "-m", "6", "-q", str(quality), "-o", "-", "--", "-"],
                         input=pgm, stdout=subprocess.PIPE, check=True)
    return run.stdout


def encode(pgm):
    """The best quality within WANTED bytes; when that misses LEAST, the least quality above."""
    low, high, best = 0, 100, None
    while low <= high:
        quality = (low + high) // 2
        data = cwebp(pgm, quality)
        if len(data) <= WANTED:
            low = quality + 1
            if len(data) >= LEAST and (best is None or len(data) > len(best)):
                best = data
        else:
            high = quality - 1
    return best or cwebp(pgm, low)


def cjpeg(pgm):
    run = subprocess.run(["cjpeg", "-grayscale", "-baseline", "-optimize", "-quality", "40"],
                         input=pgm, stdout=subprocess.PIPE, check=True)
    return run.stdout


def portrait(pgm):
    data = encode(pgm)
    if not LEAST <= len(data) <= MOST:
        raise SystemExit("a portrait of %d bytes is outside %d to %d" % (len(data), LEAST, MOST))
    return data
