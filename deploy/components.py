#!/usr/bin/env python3
"""What the program is made of, from Cargo's own resolution: a CycloneDX 1.5 list, and the licence texts.

    deploy/components.py --sbom sbom.cdx.json --licences THIRD-PARTY.txt

Only what becomes part of the program on this machine: no tests, no build scripts' own dependencies.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess

LICENCE_FILE = re.compile(r"^(licen[cs]e|copying|notice|unlicense|copyright)", re.IGNORECASE)


def resolved():
    """The packages by their ids, and for each the ids of those that it is linked with."""
    host = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    host = re.search(r"^host: (.+)$", host, re.MULTILINE).group(1)
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def linked(node):
        deps = nodes[node]["deps"]
        is_macro = any("proc-macro" in target["kind"] for target in packages[node]["targets"])
        # A macro runs while the program is built, and leaves only what it writes.
        return [] if is_macro else [d["pkg"] for d in deps if any(kind["kind"] is None for kind in d["dep_kinds"])]

    found, waiting = {}, [metadata["resolve"]["root"]]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = sorted(linked(node))
            waiting.extend(found[node])
    return packages, found, metadata["resolve"]["root"]


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def checksums():
    lock = pathlib.Path("Cargo.lock").read_text()
    entries = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"', lock)
    return {f"pkg:cargo/{name}@{version}": checksum for name, version, checksum in entries}


def sbom(packages, found, root):
    sums = checksums()

    def component(package, kind):
        entry = {"type": kind, "bom-ref": purl(package), "name": package["name"], "version": package["version"]}
        if package["description"]:
            entry["description"] = " ".join(package["description"].split())
        if purl(package) in sums:
            entry["hashes"] = [{"alg": "SHA-256", "content": sums[purl(package)]}]
        if package["license"]:
            entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        entry["purl"] = purl(package)
        if package["repository"]:
            entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        return entry

    others = sorted((packages[node] for node in found if node != root), key=purl)
    components = [component(package, "library") for package in others]
    links = [
        {"ref": purl(packages[node]), "dependsOn": sorted(purl(packages[other]) for other in found[node])}
        for node in sorted(found, key=lambda node: purl(packages[node]))
    ]
    # No time and no random serial number: the same sources give the same list.
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], "application")},
        "components": components,
        "dependencies": links,
    }


def licences(packages, found, root):
    """Each text once, with the packages that it belongs to."""
    by_text, without = {}, []
    for node in found:
        package = packages[node]
        if node == root:
            continue
        folder = pathlib.Path(package["manifest_path"]).parent
        # A crate that brings C sources has their licences below.
        paths = folder.rglob("*") if package["name"].endswith("-sys") else folder.iterdir()
        files = sorted(path for path in paths if path.is_file() and LICENCE_FILE.match(path.name))
        who = f"{package['name']} {package['version']} ({package['license'] or 'see below'})"
        if not files:
            without.append(f"{who}: {package['repository'] or ''}")
        for path in files:
            text = path.read_text(errors="replace").replace("\r\n", "\n").strip()
            key = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
            by_text.setdefault(key, (text, set()))[1].add(who)
    rule = "=" * 80
    parts = ["What miandeng is built with, and under which licences.\n"]
    for text, who in sorted(by_text.values(), key=lambda entry: sorted(entry[1])):
        parts.append(f"{rule}\n" + "\n".join(sorted(who)) + f"\n{rule}\n\n{text}\n")
    if without:
        parts.append(f"{rule}\nWithout a text of their own in the package; the licence that they name holds:\n{rule}\n")
        parts.append("\n".join(sorted(without)) + "\n")
    return "\n".join(parts)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sbom", required=True)
    options.add_argument("--licences", required=True)
    options = options.parse_args()
    packages, found, root = resolved()
    made = json.dumps(sbom(packages, found, root), indent=2, ensure_ascii=False) + "\n"
    pathlib.Path(options.sbom).write_text(made)
    pathlib.Path(options.licences).write_text(licences(packages, found, root))
    print(f"{len(found) - 1} components")


main()
