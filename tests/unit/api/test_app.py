import json
import subprocess
import sys

_BUILD = """
import json, sys
from tests.support.rest_services import Memory
from parlor.api.app import build_app
from parlor.api.settings import HttpSettings
build_app(Memory().services(), HttpSettings())
print(json.dumps(sorted(sys.modules)))
"""


def test_building_the_application_imports_nothing_heavy():
    path = json.dumps(sys.path)
    code = f"import sys, json; sys.path[:] = json.loads({path!r})\n{_BUILD}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"pydantic", "polyfactory", "faker", "jinja2", "sqlalchemy"}
