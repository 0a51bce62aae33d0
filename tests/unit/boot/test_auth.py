import subprocess
import sys


def test_a_server_without_customers_tokens_loads_no_library_for_them():
    """Their import alone takes longer than everything else that boot does."""
    asked = (
        "import sys, parlor.boot.processes, parlor.boot.auth;"
        "print(*{'jwt', 'aiohttp', 'cryptography'} & sys.modules.keys())"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == ""
