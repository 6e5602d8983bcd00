#!/bin/sh
# Takes Bough away for the person who runs this. Sessions, agents, models and settings stay; it says where they are.
set -eu

data=${XDG_DATA_HOME:-$HOME/.local/share}
program=$HOME/.local/lib/bough
command=$HOME/.local/bin/bough

if [ "$(readlink "$command" 2>/dev/null || true)" = "$program/bough" ]; then rm -f "$command"; fi
rm -f "$data/applications/bough.desktop" "$data/mime/packages/bough.xml" "$data/icons/hicolor/scalable/apps/bough.svg"
for size in 16 32 48 64 128 256; do rm -f "$data/icons/hicolor/${size}x${size}/apps/bough.png"; done

# What the system's tools made out of our files alone goes with them; what others have a part in is made anew.
empty() { [ -d "$1" ] && [ -z "$(ls -A "$1")" ]; }
if empty "$data/mime/packages"; then
    rm -rf "$data/mime"
elif command -v update-mime-database >/dev/null; then
    update-mime-database "$data/mime" >/dev/null 2>&1 || true
fi
if [ -d "$data/applications" ]; then
    if [ -z "$(ls -A "$data/applications" | grep -vx mimeinfo.cache)" ]; then
        rm -rf "$data/applications"
    elif command -v update-desktop-database >/dev/null; then
        update-desktop-database "$data/applications" >/dev/null 2>&1 || true
    fi
fi
for size in 16x16 32x32 48x48 64x64 128x128 256x256 scalable; do
    rmdir "$data/icons/hicolor/$size/apps" "$data/icons/hicolor/$size" 2>/dev/null || true
done
rmdir "$data/icons/hicolor" "$data/icons" 2>/dev/null || true
rm -rf "$program"
rmdir "$HOME/.local/lib" "$HOME/.local/bin" "$data" "$HOME/.local" 2>/dev/null || true

echo "Bough is gone from this machine."
for kept in "$data/bough" "${XDG_CONFIG_HOME:-$HOME/.config}/bough"; do
    if [ -d "$kept" ]; then echo "Your own things were left in $kept; delete that folder if you do not want them."; fi
done
