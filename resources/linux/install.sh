#!/bin/sh
# Installs Bough for the person who runs this, and for nobody else. Nothing outside of their home folder is touched.
# Running it again puts this version in the place of the one that is there. uninstall.sh takes everything away again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
program=$HOME/.local/lib/bough
command=$HOME/.local/bin/bough

if [ ! -x "$here/program/bough" ]; then
    echo "The program is not beside this script. Unpack the whole archive, then run install.sh from there." >&2
    exit 1
fi
if [ -e "$command" ] && [ ! -L "$command" ]; then
    echo "There is another program at $command; it was left alone. Move it away, then run install.sh again." >&2
    exit 1
fi

mkdir -p "$HOME/.local/lib" "$HOME/.local/bin" "$data/applications" "$data/mime/packages" "$data/icons/hicolor/scalable/apps"
rm -rf "$program.new"
cp -R "$here/program" "$program.new"
cp "$here/uninstall.sh" "$program.new/uninstall.sh"
rm -rf "$program"
mv "$program.new" "$program"
ln -sfn "$program/bough" "$command"

# In Exec a path in quotes may hold spaces. Its special characters are escaped once for the quotes, and the backslashes
# of that once more because the value is a string of a desktop file.
line=$(printf '%s' "$program/bough" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g')
LINE="Exec=\"$line\" --open %f" awk '/^Exec=/ { print ENVIRON["LINE"]; next } { print }' \
    "$here/share/bough.desktop" >"$data/applications/bough.desktop"
cp "$here/share/bough.xml" "$data/mime/packages/bough.xml"
cp "$here/share/bough.svg" "$data/icons/hicolor/scalable/apps/bough.svg"
for size in 16 32 48 64 128 256; do
    mkdir -p "$data/icons/hicolor/${size}x${size}/apps"
    cp "$here/share/icons/bough-$size.png" "$data/icons/hicolor/${size}x${size}/apps/bough.png"
done

if command -v update-mime-database >/dev/null; then update-mime-database "$data/mime" >/dev/null 2>&1 || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database "$data/applications" >/dev/null 2>&1 || true; fi

# The drivers of the graphics card are the one thing that cannot come along.
if command -v ldd >/dev/null; then
    missing=$(LD_LIBRARY_PATH="$program/_internal" ldd "$program"/_internal/PySide6/Qt/lib/libQt6Gui.so.6 2>/dev/null | awk '/not found/ { print $1 }')
    if [ -n "$missing" ]; then
        echo "This machine lacks what the window needs:" $missing
        echo "On Debian and its kin, type: sudo apt-get install libgl1 libegl1 fontconfig-config"
    fi
fi
echo "Bough is installed. Find it among your programs, or type: $command"
echo "To take it away again: $program/uninstall.sh"
