"""The built-in sandbox: try the service in a browser, without an EHR. Development mode alone.

Every call that it shows went through the same address of the application as an EHR's; nothing is evaluated here.
"""
